package org.tornadolens.tokenizer;

/** A vocabulary entry. In {@code text} a space is written as U+2581, as in SentencePiece. */
public record Piece(String text, float score, Type type) {

    /** Numbered as in SentencePiece's ModelProto, from 1. */
    public enum Type {
        NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE
    }
}
