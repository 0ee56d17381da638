package org.tornadolens.jinja;

import java.util.List;

/** The tokens of a template, of which a parser takes one after the other. */
final class Tokens {

    private final List<Token> tokens;
    private final String source;
    private int at;

    Tokens(String source) {
        this.source = source;
        tokens = Lexer.tokens(source);
    }

    Token current() { return tokens.get(at); }

    Token following() { return tokens.get(Math.min(at + 1, tokens.size() - 1)); }

    Token next() {
        Token token = tokens.get(at);
        if (token.kind() != Token.Kind.END) at++;
        return token;
    }

    boolean skip(String operator) {
        if (!current().is(operator)) return false;
        next();
        return true;
    }

    boolean skipName(String name) {
        if (!current().named(name)) return false;
        next();
        return true;
    }

    void expect(String operator) { if (!skip(operator)) throw unexpected("\"" + operator + "\""); }

    Token expect(Token.Kind kind, String what) {
        if (current().kind() != kind) throw unexpected(what);
        return next();
    }

    JinjaException unexpected(String wanted) {
        Token token = current();
        String found = switch (token.kind()) {
            case BLOCK_END, PRINT_END, END -> "the end of the tag";
            default -> "\"" + token.text() + "\"";
        };
        return error(wanted + " is expected, but there is " + found);
    }

    JinjaException error(String what) { return new JinjaException(what + " in line " + line()); }

    int line() { return Lexer.line(source.replace("\r\n", "\n").replace('\r', '\n'), current().start()); }
}
