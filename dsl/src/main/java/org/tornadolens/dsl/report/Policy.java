package org.tornadolens.dsl.report;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The content security policy of a page: nothing is loaded, and only scripts and styles of known hashes run. A framed
 * page is bound by the policy of the page around it as well as by its own, so that the one around has to allow both.
 */
final class Policy {

    private static final Pattern META =
            Pattern.compile("<meta http-equiv=\"Content-Security-Policy\"\\s+content=\"([^\"]*)\"");

    private final Map<String, Set<String>> sources = new LinkedHashMap<>();

    Policy() { sources.put("default-src", new LinkedHashSet<>(Set.of("'none'"))); }

    /** Allows a source, such as {@code data:}. */
    void allow(String directive, String source) {
        sources.computeIfAbsent(directive, absent -> new LinkedHashSet<>()).add(source);
    }

    /** Allows an element with exactly this text. */
    void allowText(String directive, String text) {
        allow(directive, "'sha256-" + hash(text) + "'");
    }

    /** Allows what a page allows itself. */
    void allowAsIn(String html) {
        Matcher meta = META.matcher(html);
        if (!meta.find()) return;
        for (String directive : meta.group(1).split(";")) {
            String[] words = directive.strip().split("\\s+");
            for (int i = 1; i < words.length; i++) if (!words[i].equals("'none'")) allow(words[0], words[i]);
        }
    }

    @Override public String toString() {
        return sources.entrySet().stream().map(one -> one.getKey() + " " + String.join(" ", one.getValue()))
                .collect(Collectors.joining("; "));
    }

    private static String hash(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
