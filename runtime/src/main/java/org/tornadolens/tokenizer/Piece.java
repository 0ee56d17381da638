package org.tornadolens.tokenizer;

/** A vocabulary entry. {@code text} marks a space by U+2581, as SentencePiece does. */
public record Piece(String text, float score, Type type) {

    /** Numbered as in SentencePiece's ModelProto, from 1. */
    public enum Type {
        NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE
    }
}
