package org.tornadolens.training.corpus;

/** A document with its kind. */
public record Drawn(Kind kind, Document document) {

    /** Estimates the number of tokens, one per word or punctuation mark, for batches of similar length. */
    int length() {
        String text = switch (document) {
            case Document.Prose prose -> prose.text();
            case Document.Question question -> question.text();
            case Document.Tokens tokens -> "";
        };
        int length = document instanceof Document.Tokens(var ids, _) ? ids.size() + 1 : 2;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ' ' || c == '.' || c == ',' || c == '?' || c == '"' || c == ':') length++;
        }
        return length;
    }
}
