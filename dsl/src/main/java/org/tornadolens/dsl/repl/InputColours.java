package org.tornadolens.dsl.repl;

import java.util.Map;
import org.graalvm.polyglot.Value;
import org.jline.reader.Highlighter;
import org.jline.reader.LineReader;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import org.tornadolens.dsl.TerminalStream;
import org.tornadolens.dsl.script.Acorn;

/** Colours an input by its tokens. */
final class InputColours implements Highlighter {

    private static final Map<String, AttributedStyle> STYLES = Map.of(
            "keyword", AttributedStyle.DEFAULT.foreground(AttributedStyle.MAGENTA),
            "string", AttributedStyle.DEFAULT.foreground(AttributedStyle.GREEN),
            "number", AttributedStyle.DEFAULT.foreground(AttributedStyle.CYAN),
            "comment", AttributedStyle.DEFAULT.foreground(AttributedStyle.BRIGHT | AttributedStyle.BLACK),
            "command", AttributedStyle.DEFAULT.bold());

    private final Acorn acorn;

    InputColours(Acorn acorn) { this.acorn = acorn; }

    @Override public AttributedString highlight(LineReader reader, String buffer) {
        AttributedStyle[] styles = new AttributedStyle[buffer.length()];
        if (buffer.startsWith(".")) {
            int end = buffer.indexOf(' ');
            fill(styles, 0, end < 0 ? buffer.length() : end, "command");
        } else {
            Value tokens = acorn.colours(buffer);
            for (long i = 0; i < tokens.getArraySize(); i += 3) {
                fill(styles, tokens.getArrayElement(i).asInt(), tokens.getArrayElement(i + 1).asInt(),
                        tokens.getArrayElement(i + 2).asString());
            }
        }
        AttributedStringBuilder text = new AttributedStringBuilder(buffer.length());
        for (int i = 0; i < buffer.length(); i++)
            text.styled(styles[i] == null ? AttributedStyle.DEFAULT : styles[i], shown(buffer.charAt(i)));
        return text.toAttributedString();
    }

    /** A control character, which a file's name may have, as its picture: one column, as the cursor counts. */
    private static String shown(char c) {
        String itself = String.valueOf(c);
        if (TerminalStream.escaped(itself).equals(itself)) return itself;
        return c < ' ' ? String.valueOf((char) ('\u2400' + c)) : "\uFFFD";
    }

    private static void fill(AttributedStyle[] styles, int from, int to, String kind) {
        for (int i = from; i < Math.min(to, styles.length); i++) styles[i] = STYLES.get(kind);
    }
}
