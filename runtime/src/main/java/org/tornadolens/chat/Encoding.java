package org.tornadolens.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.tornadolens.model.Model;
import org.tornadolens.model.TextTokens;
import org.tornadolens.tokenizer.Piece;
import org.tornadolens.tokenizer.Spans;
import org.tornadolens.tokenizer.Tokenizer;

/** A rendered text as tokens. */
final class Encoding {

    private final Tokenizer tokenizer;
    private final String text;
    private final Spans spans;
    private final int inFront;   // tokens in front of those of the text: a BOS, or none
    private final int[] ids;

    Encoding(Model model, String text, boolean bos) {
        tokenizer = model.tokenizer();
        this.text = text;
        OptionalInt first = bos ? TextTokens.bos(model) : OptionalInt.empty();
        spans = spans(text, first);
        boolean added = first.isPresent() && (spans.ids().length == 0 || spans.ids()[0] != first.getAsInt());
        inFront = added ? 1 : 0;
        ids = added ? IntStream.concat(first.stream(), IntStream.of(spans.ids())).toArray() : spans.ids();
    }

    /** A BOS that the template writes, and whose text the tokenizer does not parse, is left to be put in front. */
    private Spans spans(String text, OptionalInt bos) {
        Spans whole = tokenizer.spans(text, Tokenizer.SpecialTokens.PARSED);
        if (bos.isEmpty() || whole.ids().length == 0 || whole.ids()[0] == bos.getAsInt()) return whole;
        String written = tokenizer.piece(bos.getAsInt());
        if (!text.startsWith(written)) return whole;
        int from = written.length();
        if (tokenizer.addsSpace() && text.startsWith(" ", from)) from++;   // the space that is put in front of a text
        Spans rest = tokenizer.spans(text.substring(from), Tokenizer.SpecialTokens.PARSED);
        int by = from;
        return new Spans(rest.ids(), IntStream.of(rest.starts()).map(start -> start + by).toArray(),
                IntStream.of(rest.ends()).map(end -> end + by).toArray());
    }

    Conversation conversation(List<Message> messages, Contents contents) {
        List<int[]> positions = new ArrayList<>();
        int[] after = new int[0];
        TreeSet<String> special = new TreeSet<>();
        for (int i = 0; i < messages.size(); i++) {
            int from = contents.from()[i], to = contents.to()[i];
            int[] inside = from < 0 ? new int[0] : spans.overlapping(from, to);
            positions.add(shifted(inside));
            for (int token : inside) {
                int id = spans.ids()[token];
                boolean within = spans.starts()[token] >= from && spans.ends()[token] <= to;
                if (within && tokenizer.type(id) == Piece.Type.CONTROL) special.add(tokenizer.label(id));
            }
            if (messages.get(i).role().equals("user")) {
                int end = from < 0 ? behind(contents, i) : to;
                after = shifted(IntStream.range(0, spans.ids().length).filter(t -> spans.starts()[t] >= end).toArray());
            }
        }
        return new Conversation(text, ids, positions, after, List.copyOf(special));
    }

    /** Where an empty content would stand: behind the content before it. */
    private static int behind(Contents contents, int index) {
        for (int i = index - 1; i >= 0; i--) if (contents.to()[i] >= 0) return contents.to()[i];
        return 0;
    }

    private int[] shifted(int[] tokens) { return IntStream.of(tokens).map(token -> token + inFront).toArray(); }
}
