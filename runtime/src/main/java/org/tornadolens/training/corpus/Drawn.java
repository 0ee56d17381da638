package org.tornadolens.training.corpus;

/** A document, and the kind that it is of. */
public record Drawn(Kind kind, Document document) {

    /** About how many tokens it has, for putting documents of like length together: a word or a mark is one in a vocabulary made for this text. */
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
