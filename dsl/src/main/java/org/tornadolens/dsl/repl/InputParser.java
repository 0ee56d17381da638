package org.tornadolens.dsl.repl;

import java.util.List;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.tornadolens.dsl.script.Acorn;
import org.tornadolens.dsl.script.Input;

/** Tells the line reader when an input is complete, by acorn, and which word completion replaces. */
final class InputParser implements Parser {

    private final Acorn acorn;
    private final Completion completion;

    InputParser(Acorn acorn, Completion completion) {
        this.acorn = acorn;
        this.completion = completion;
    }

    @Override public ParsedLine parse(String line, int cursor, ParseContext context) {
        if (context == ParseContext.ACCEPT_LINE && !Repl.command(line)
                && acorn.input(line) instanceof Input.Incomplete)
            throw new EOFError(-1, -1, "the input is incomplete");
        int start = context == ParseContext.COMPLETE ? completion.at(line.substring(0, cursor)).start() : cursor;
        return new Word(line, cursor, Math.min(start, cursor));
    }

    /** The word at the cursor, which ends there: what follows stays. */
    private record Word(String line, int cursor, int start) implements CompletingParsedLine {
        @Override public String word() { return line.substring(start, cursor); }

        @Override public int wordCursor() { return cursor - start; }

        @Override public int wordIndex() { return 0; }

        @Override public List<String> words() { return List.of(word()); }

        @Override public CharSequence escape(CharSequence candidate, boolean complete) { return candidate; }

        @Override public int rawWordCursor() { return wordCursor(); }

        @Override public int rawWordLength() { return cursor - start; }
    }
}
