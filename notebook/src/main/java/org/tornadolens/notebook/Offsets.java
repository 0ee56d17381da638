package org.tornadolens.notebook;

/** Places in a text: the protocol counts characters of Unicode, Java the units of UTF-16. */
final class Offsets {

    private Offsets() {}

    static int toJava(String text, int characters) {
        int within = Math.clamp(characters, 0, text.codePointCount(0, text.length()));
        return text.offsetByCodePoints(0, within);
    }

    static int toProtocol(String text, int index) { return text.codePointCount(0, index); }
}
