package org.tornadolens.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens with Jinja2's rules of whitespace, {@code trim_blocks} and {@code lstrip_blocks} on and
 * the last line break dropped, as transformers sets them.
 */
final class Lexer {

    private static final Pattern OPEN = Pattern.compile("\\{([%{#])([-+]?)");
    private static final Pattern RAW =
            Pattern.compile("\\s*raw\\s*(?:-%\\}\\s*|%\\})", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern END_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)",
            Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern END_BLOCK =
            Pattern.compile("\\+%\\}|-%\\}\\s*|%\\}\\n?", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern END_PRINT = Pattern.compile("-\\}\\}\\s*|\\}\\}", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern END_COMMENT =
            Pattern.compile("\\+#\\}|-#\\}\\s*|#\\}\\n?", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern NUMBER =
            Pattern.compile("(\\d+_)*\\d+(\\.(\\d+_)*\\d+)?([eE][+-]?\\d+)?");
    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}\\p{M}_]*");
    private static final Pattern OPERATOR =
            Pattern.compile("\\*\\*|//|==|!=|>=|<=|[-+/*%~\\[\\](){}>=<.:|,;]");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private boolean lineStarts = true;   // whether what precedes is a line break that a tag took with it

    private Lexer(String source) { this.source = source; }

    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) source = source.substring(0, source.length() - 1);
        Lexer lexer = new Lexer(source);
        lexer.all();
        return lexer.tokens;
    }

    private void all() {
        Matcher open = OPEN.matcher(source);
        while (open.find(at)) {
            int begin = open.start();
            boolean print = open.group(1).equals("{");
            String sign = open.group(2);
            data(source.substring(at, begin), sign, print);
            at = open.end();
            switch (open.group(1)) {
                case "{" -> inside(begin, Token.Kind.PRINT_BEGIN, Token.Kind.PRINT_END, END_PRINT);
                case "#" -> comment(begin);
                default -> {
                    Matcher raw = RAW.matcher(source).region(at, source.length());
                    if (raw.lookingAt()) raw(raw.end());
                    else inside(begin, Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, END_BLOCK);
                }
            }
        }
        if (at < source.length()) add(Token.Kind.DATA, source.substring(at), at);
        add(Token.Kind.END, "", source.length());
    }

    private void add(Token.Kind kind, String text, int start) { tokens.add(new Token(kind, text, start)); }

    /** Adds the text in front of a tag, without the whitespace that the tag takes. */
    private void data(String text, String sign, boolean print) {
        String kept = text;
        if (sign.equals("-")) kept = Text.rstrip(text);
        else if (sign.isEmpty() && !print) {
            int line = text.lastIndexOf('\n') + 1;
            if ((line > 0 || lineStarts) && Text.strip(text.substring(line)).isEmpty()) kept = text.substring(0, line);
        }
        if (!kept.isEmpty()) add(Token.Kind.DATA, kept, at);
    }

    private void ended(Matcher end) {
        at = end.end();
        lineStarts = end.group().endsWith("\n");
    }

    private void comment(int begin) {
        Matcher end = END_COMMENT.matcher(source);
        if (!end.find(at)) throw error("a comment without an end", begin);
        ended(end);
    }

    private void raw(int from) {
        Matcher end = END_RAW.matcher(source);
        if (!end.find(from)) throw error("{% raw %} without {% endraw %}", from);
        at = from;
        lineStarts = source.charAt(from - 1) == '\n';
        data(source.substring(from, end.start()), end.group(1), false);
        ended(end);
    }

    private void inside(int begin, Token.Kind first, Token.Kind last, Pattern endOf) {
        add(first, "", begin);
        Deque<Character> brackets = new ArrayDeque<>();
        Matcher end = endOf.matcher(source), number = NUMBER.matcher(source), name = NAME.matcher(source),
                operator = OPERATOR.matcher(source);
        while (true) {
            while (at < source.length() && Text.isSpace(source.charAt(at))) at++;
            if (at == source.length()) throw error("a tag without an end", begin);
            if (brackets.isEmpty() && end.region(at, source.length()).lookingAt()) {
                add(last, "", at);
                ended(end);
                return;
            }
            char c = source.charAt(at);
            if (c == '\'' || c == '"') string(c);
            else if (number.region(at, source.length()).lookingAt()) {
                boolean fraction = number.group(2) != null || number.group(4) != null;
                add(fraction ? Token.Kind.FLOAT : Token.Kind.INTEGER, number.group().replace("_", ""), at);
                at = number.end();
            } else if (name.region(at, source.length()).lookingAt()) {
                add(Token.Kind.NAME, name.group(), at);
                at = name.end();
            } else if (operator.region(at, source.length()).lookingAt()) {
                bracket(c, brackets);
                add(Token.Kind.OPERATOR, operator.group(), at);
                at = operator.end();
            } else throw error("an unexpected character '" + c + "'", at);
        }
    }

    private void bracket(char c, Deque<Character> open) {
        switch (c) {
            case '{' -> open.push('}');
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '}', ')', ']' -> {
                if (open.isEmpty() || open.pop() != c) throw error("an unexpected '" + c + "'", at);
            }
            default -> {}
        }
    }

    private void string(char quote) {
        int begin = at++;
        StringBuilder value = new StringBuilder();
        while (at < source.length() && source.charAt(at) != quote) {
            char c = source.charAt(at++);
            if (c == '\\' && at < source.length()) escape(source.charAt(at++), value, begin);
            else value.append(c);
        }
        if (at == source.length()) throw error("a string without an end", begin);
        at++;
        add(Token.Kind.STRING, value.toString(), begin);
    }

    /** Appends what Python's "unicode-escape" makes of a backslash and this character. */
    private void escape(char c, StringBuilder value, int begin) {
        switch (c) {
            case 'n' -> value.append('\n');
            case 't' -> value.append('\t');
            case 'r' -> value.append('\r');
            case 'a' -> value.append('\u0007');
            case 'b' -> value.append('\b');
            case 'f' -> value.append('\f');
            case 'v' -> value.append('\u000B');
            case '\\', '\'', '"' -> value.append(c);
            case '\n' -> {}
            case 'x' -> value.appendCodePoint(digits(2, 16, begin));
            case 'u' -> value.append((char) digits(4, 16, begin));
            case 'U' -> value.appendCodePoint(digits(8, 16, begin));
            case 'N' -> throw error("a string with a character by its name", begin);
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                int length = 1;
                while (length < 3 && at - 1 + length < source.length()
                        && "01234567".indexOf(source.charAt(at - 1 + length)) >= 0)
                    length++;
                at--;
                value.append((char) digits(length, 8, begin));
            }
            default -> value.append('\\').append(c);
        }
    }

    private int digits(int count, int radix, int begin) {
        if (at + count > source.length()) throw error("a string with a broken escape", begin);
        String digits = source.substring(at, at + count);
        at += count;
        try {
            int value = Integer.parseUnsignedInt(digits, radix);
            if (Character.isValidCodePoint(value)) return value;
        } catch (NumberFormatException e) {
            // said below
        }
        throw error("a string with a broken escape", begin);
    }

    private JinjaException error(String what, int where) {
        return new JinjaException(what + " in line " + line(source, where));
    }

    static int line(String source, int index) {
        return 1 + (int) source.substring(0, Math.min(index, source.length())).chars().filter(c -> c == '\n').count();
    }
}
