package org.tornadolens.dsl.script;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * The tokens of JavaScript source, as far as a REPL needs them: strings, templates, regular expressions, comments, the
 * depth of brackets, and whether the source is incomplete.
 */
final class Lexer {

    enum Kind { WORD, NUMBER, STRING, TEMPLATE, REGEX, PUNCTUATOR }

    /**
     * @param depth     number of brackets around it; a bracket itself is at the outer depth
     * @param newLine   whether a line ends between the token before and this one
     */
    record Token(Kind kind, String text, int start, int end, int depth, boolean newLine) {
        boolean is(String other) {
            return text.equals(other) && kind != Kind.STRING && kind != Kind.TEMPLATE && kind != Kind.REGEX;
        }

        boolean word(String other) { return kind == Kind.WORD && text.equals(other); }
    }

    private static final Set<String> BEFORE_REGEX = Set.of("return", "typeof", "case", "in", "of", "delete", "void",
            "throw", "new", "do", "else", "instanceof", "await", "yield");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private final Deque<Integer> templates = new ArrayDeque<>();   // depth of each ${ that is open
    private int at;
    private int depth;
    private boolean newLine;
    private boolean incomplete;

    private Lexer(String source) { this.source = source; }

    /** @param incomplete whether a bracket, template or comment is still open at the end */
    record Result(List<Token> tokens, boolean incomplete) {}

    static Result scan(String source) {
        Lexer lexer = new Lexer(source);
        lexer.run();
        return new Result(List.copyOf(lexer.tokens), lexer.incomplete || lexer.depth > 0);
    }

    private void run() {
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == '\n') {
                newLine = true;
                at++;
            } else if (Character.isWhitespace(c) || c == '\uFEFF') {
                at++;
            } else if (source.startsWith("//", at)) {
                int end = source.indexOf('\n', at);
                at = end < 0 ? source.length() : end;
            } else if (source.startsWith("/*", at)) {
                comment();
            } else if (c == '"' || c == '\'') {
                string(c);
            } else if (c == '`') {
                template(at);
            } else if (c == '}' && !templates.isEmpty() && templates.peek() == depth - 1) {
                depth = templates.pop();
                template(at);
            } else if (c == '/' && regexMayStart()) {
                regex();
            } else if (Character.isJavaIdentifierStart(c) || c == '#' || c == '\\') {
                int start = at++;
                while (at < source.length()
                        && (Character.isJavaIdentifierPart(source.charAt(at)) || source.charAt(at) == '\\'))
                    at++;
                add(Kind.WORD, start);
            } else
                if (Character.isDigit(c)
                        || c == '.' && at + 1 < source.length() && Character.isDigit(source.charAt(at + 1))) {
                            number();
                        } else {
                            punctuator();
                        }
        }
    }

    private void comment() {
        int end = source.indexOf("*/", at + 2);
        newLine |= source.substring(at, end < 0 ? source.length() : end).contains("\n");
        incomplete |= end < 0;
        at = end < 0 ? source.length() : end + 2;
    }

    private void string(char quote) {
        int start = at++;
        while (at < source.length() && source.charAt(at) != quote && source.charAt(at) != '\n')
            at += source.charAt(at) == '\\' ? 2 : 1;
        at = Math.min(source.length(), at + 1);
        add(Kind.STRING, start);
    }

    /** Reads a template up to its end or the next ${. */
    private void template(int start) {
        at = start + 1;
        while (at < source.length()) {
            if (source.charAt(at) == '`') {
                at++;
                add(Kind.TEMPLATE, start);
                return;
            }
            if (source.startsWith("${", at)) {
                at += 2;
                add(Kind.TEMPLATE, start);
                templates.push(depth++);
                return;
            }
            at += source.charAt(at) == '\\' ? 2 : 1;
        }
        at = source.length();
        incomplete = true;
        add(Kind.TEMPLATE, start);
    }

    private void regex() {
        int start = at++;
        boolean inClass = false;
        while (at < source.length() && source.charAt(at) != '\n') {
            char c = source.charAt(at);
            at += c == '\\' ? 2 : 1;
            if (c == '[') inClass = true;
            if (c == ']') inClass = false;
            if (c == '/' && !inClass) break;
        }
        at = Math.min(at, source.length());
        while (at < source.length() && Character.isJavaIdentifierPart(source.charAt(at))) at++;
        add(Kind.REGEX, start);
    }

    private void number() {
        int start = at++;
        while (at < source.length()) {
            char c = source.charAt(at);
            boolean exponentSign = (c == '+' || c == '-') && "eE".indexOf(source.charAt(at - 1)) >= 0
                    && !source.startsWith("0x", start);
            if (!Character.isJavaIdentifierPart(c) && c != '.' && !exponentSign) break;
            at++;
        }
        add(Kind.NUMBER, start);
    }

    private void punctuator() {
        int start = at;
        char c = source.charAt(at);
        at += source.startsWith("=>", at) || source.startsWith("++", at) || source.startsWith("--", at) ? 2 : 1;
        if (c == ')' || c == ']' || c == '}') depth = Math.max(0, depth - 1);
        add(Kind.PUNCTUATOR, start);
        if (c == '(' || c == '[' || c == '{') depth++;
    }

    private boolean regexMayStart() {
        if (tokens.isEmpty()) return true;
        Token last = tokens.getLast();
        return switch (last.kind()) {
            case NUMBER, STRING, REGEX -> false;
            case TEMPLATE -> last.text().endsWith("${");
            case WORD -> BEFORE_REGEX.contains(last.text());
            case PUNCTUATOR -> !Set.of(")", "]", "}", "++", "--").contains(last.text());
        };
    }

    private void add(Kind kind, int start) {
        tokens.add(new Token(kind, source.substring(start, at), start, at, depth, newLine));
        newLine = false;
    }
}
