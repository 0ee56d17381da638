package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tornadolens.dsl.script.Lexer.Kind;
import org.tornadolens.dsl.script.Lexer.Token;

/**
 * One input of a session. It is rewritten so that its declarations persist and may be repeated, and so that
 * {@code await} and {@code import} work at the top level.
 */
final class Input {

    private static final Set<String> NOT_AFTER_LINE_END =
            Set.of(".", ",", "(", "[", "+", "-", "*", "/", "%", "=", "=>", "?", ":", "&", "|", "^", "<", ">");

    private final String source;
    private final List<Token> tokens;
    private final boolean incomplete;

    Input(String source) {
        this.source = source;
        Lexer.Result result = Lexer.scan(source);
        tokens = result.tokens();
        incomplete = result.incomplete();
    }

    /** Returns true if a bracket, template or comment is open. */
    boolean incomplete() { return incomplete; }

    boolean empty() { return tokens.isEmpty(); }

    /** Returns true if a trailing semicolon asks not to show the value. */
    boolean silent() {
        return !tokens.isEmpty() && tokens.getLast().is(";");
    }

    /** Returns true if the input starts with a brace: most likely an object, which a script would read as a block. */
    boolean braced() {
        return !tokens.isEmpty() && tokens.getFirst().is("{") && !silent();
    }

    /** Returns the input in parentheses, to be read as an expression. */
    String parenthesised() {
        return "(" + source + "\n)";
    }

    /**
     * Returns true if only a module can run the input: for an import or export, or an await that no function of it
     * could contain. An await inside brackets beside a function is left to the parser.
     */
    boolean needsModule() {
        boolean functions = tokens.stream().anyMatch(token -> token.word("function") || token.is("=>"));
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (i > 0 && tokens.get(i - 1).is(".")) continue;
            if (token.word("await") && (token.depth() == 0 || !functions)) return true;
            if (token.word("export") && token.depth() == 0) return true;
            if (token.word("import") && token.depth() == 0 && i + 1 < tokens.size() && !tokens.get(i + 1).is("(")
                    && !tokens.get(i + 1).is("."))
                return true;
        }
        return false;
    }

    boolean mentionsAwait() { return tokens.stream().anyMatch(token -> token.word("await")); }

    /** Returns a script whose declarations are global variables: {@code var} replaces let, const and class. */
    String asScript() {
        Edits edits = new Edits(source);
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (declares(i, "let") || declares(i, "const")) {
                edits.replace(token, token.text().equals("let") ? "var" : "var  ");
                resetUninitialised(i, edits);
            } else if (declares(i, "class") && i + 1 < tokens.size() && tokens.get(i + 1).kind() == Kind.WORD) {
                edits.insert(token.start(), "var " + tokens.get(i + 1).text() + " = ");
            }
        }
        return edits.toString();
    }

    /** Initialises {@code let x} with undefined, because {@code var x} would keep an earlier value. */
    private void resetUninitialised(int declaration, Edits edits) {
        for (int i = declaration + 1; i < tokens.size(); i++) {
            Token token = tokens.get(i), before = tokens.get(i - 1);
            if (token.depth() > 0) continue;
            if (token.is(";") || i > declaration + 1 && startsStatement(i)) return;
            boolean name = token.kind() == Kind.WORD && (i == declaration + 1 || before.is(","));
            boolean initialised = i + 1 < tokens.size() && tokens.get(i + 1).is("=");
            if (name && !initialised) edits.insert(token.end(), " = undefined");
        }
    }

    /**
     * Returns modules that export the declarations and, as {@code valueName}, the value of the last statement if it is
     * an expression. There may be several readings, of which the first that parses is meant.
     */
    List<String> asModules(String valueName) {
        List<String> readings = new ArrayList<>();
        if (!tokens.isEmpty()) {
            int last = tokens.size() - (silent() ? 1 : 0);
            for (int i = last - 1; i >= 0; i--) {
                if (tokens.get(i).depth() == 0 && (i == 0 || startsStatement(i)) && i < last) {
                    Edits edits = exporting();
                    edits.insert(tokens.get(i).start(), ";export const " + valueName + " = (");
                    edits.insert(tokens.get(last - 1).end(), "\n)");
                    readings.add(edits.toString());
                }
            }
        }
        readings.add(exporting().toString());
        return readings;
    }

    private Edits exporting() {
        Edits edits = new Edits(source);
        for (int i = 0; i < tokens.size(); i++) {
            boolean declaration =
                    declares(i, "let") || declares(i, "const") || declares(i, "var") || declares(i, "class")
                            || declares(i, "function")
                            || declares(i, "async") && i + 1 < tokens.size() && tokens.get(i + 1).word("function");
            if (declaration) edits.insert(tokens.get(i).start(), "export ");
        }
        List<String> imported = imported();
        if (!imported.isEmpty()) edits.insert(source.length(), "\n;export { " + String.join(", ", imported) + " };");
        return edits;
    }

    /** Returns the names that import declarations bind. */
    private List<String> imported() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            if (!tokens.get(i).word("import") || tokens.get(i).depth() > 0) continue;
            for (int j = i + 1; j < tokens.size() && tokens.get(j).kind() != Kind.STRING && !tokens.get(j).word("from");
                    j++) {
                boolean renamed = j + 1 < tokens.size() && tokens.get(j + 1).word("as");
                if (tokens.get(j).kind() == Kind.WORD && !renamed && !tokens.get(j).word("as"))
                    names.add(tokens.get(j).text());
            }
        }
        return names;
    }

    private boolean declares(int index, String keyword) {
        Token token = tokens.get(index);
        if (!token.word(keyword) || token.depth() > 0) return false;
        boolean exported = index > 0 && tokens.get(index - 1).word("export");
        return !exported && (index == 0 || startsStatement(index))
                && (index + 1 == tokens.size() || !tokens.get(index + 1).is("="));
    }

    /** Returns true after a semicolon or a block, or on a new line if the statement before can end there. */
    private boolean startsStatement(int index) {
        Token token = tokens.get(index), before = tokens.get(index - 1);
        if (token.depth() > 0 || token.is(";") || token.is("}") || token.is(")") || token.is("]")) return false;
        if (before.is(";")) return true;
        if (!token.newLine())
            return before.is("}") && token.kind() == Kind.WORD
                    && !Set.of("else", "catch", "finally", "while", "instanceof", "in", "of", "from", "as")
                            .contains(token.text());
        boolean canEnd = before.kind() != Kind.PUNCTUATOR || Set.of(")", "]", "}", "++", "--").contains(before.text());
        boolean continues = NOT_AFTER_LINE_END.contains(token.text()) && token.kind() == Kind.PUNCTUATOR
                || token.kind() == Kind.TEMPLATE || token.word("instanceof") || token.word("in") || token.word("of");
        return canEnd && !continues;
    }

    /** Insertions into a text, by position in the original. */
    private static final class Edits {
        private record Edit(int start, int end, String text) {}

        private final String source;
        private final List<Edit> edits = new ArrayList<>();

        Edits(String source) { this.source = source; }

        void insert(int position, String text) { edits.add(new Edit(position, position, text)); }

        void replace(Token token, String text) { edits.add(new Edit(token.start(), token.end(), text)); }

        @Override public String toString() {
            StringBuilder text = new StringBuilder();
            int at = 0;
            List<Edit> ordered = IntStream.range(0, edits.size()).boxed()
                    .sorted((a, b) -> edits.get(a).start() != edits.get(b).start()
                            ? Integer.compare(edits.get(a).start(), edits.get(b).start()) : a.compareTo(b))
                    .map(edits::get).collect(Collectors.toList());
            for (Edit edit : ordered) {
                text.append(source, at, edit.start()).append(edit.text());
                at = edit.end();
            }
            return text.append(source, at, source.length()).toString();
        }
    }
}
