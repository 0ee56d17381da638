package org.tornadolens.tokenizer;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Finds added tokens in a text, from the left and the longest first, for a tokenizer whose library does not know them.
 */
final class AddedTokens {

    private final Map<String, AddedToken> byText = new HashMap<>();
    private final Map<Integer, AddedToken> byId = new HashMap<>();
    private final Pattern all, ordinary;

    AddedTokens(List<AddedToken> tokens) {
        for (AddedToken token : tokens) {
            byText.putIfAbsent(token.text(), token);
            byId.putIfAbsent(token.id(), token);
        }
        all = pattern(tokens, token -> true);
        ordinary = pattern(tokens, token -> !token.special());
    }

    private static Pattern pattern(List<AddedToken> tokens, Predicate<AddedToken> which) {
        String alternatives = tokens.stream().filter(which)
                .sorted(Comparator.comparing((AddedToken token) -> token.text().length()).reversed())
                .map(AddedTokens::alternative).collect(Collectors.joining("|"));
        return alternatives.isEmpty() ? null : Pattern.compile(alternatives, Pattern.UNICODE_CHARACTER_CLASS);
    }

    private static String alternative(AddedToken token) {
        String text = Pattern.quote(token.text());
        if (token.singleWord()) text = "(?<!\\w)" + text + "(?!\\w)";
        return (token.leftStrip() ? "\\s*" : "") + text + (token.rightStrip() ? "\\s*" : "");
    }

    AddedToken get(int id) { return byId.get(id); }

    AddedToken get(String text) { return byText.get(text); }

    /** Encodes what lies between the added tokens of a text. */
    interface Between {
        int[] encode(String text, boolean first);
    }

    int[] encode(String text, Tokenizer.SpecialTokens special, Between between) {
        Pattern pattern = special == Tokenizer.SpecialTokens.PARSED ? all : ordinary;
        if (pattern == null) return between.encode(text, true);
        IntStream.Builder ids = IntStream.builder();
        Matcher matcher = pattern.matcher(text);
        int from = 0;
        while (matcher.find()) {
            add(text.substring(from, matcher.start()), from == 0, between, ids);
            ids.add(byText.get(known(matcher.group())).id());
            from = matcher.end();
        }
        add(text.substring(from), from == 0, between, ids);
        return ids.build().toArray();
    }

    /** The token of a match, which may have whitespace around it that belongs to it. */
    private String known(String match) {
        return byText.containsKey(match) ? match : match.strip();
    }

    private static void add(String text, boolean first, Between between, IntStream.Builder ids) {
        if (text.isEmpty()) return;
        for (int id : between.encode(text, first)) ids.add(id);
    }
}
