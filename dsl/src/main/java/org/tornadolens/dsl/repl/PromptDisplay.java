package org.tornadolens.dsl.repl;

import java.nio.file.Path;
import java.util.List;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.TerminalStream;
import org.tornadolens.dsl.script.ScriptFailure;

/** Shows what inputs give as lines below the prompt. */
final class PromptDisplay implements Display {

    private final Host host;
    private final Values values;

    PromptDisplay(Host host, Values values) {
        this.host = host;
        this.values = values;
    }

    @Override public void value(Value value, List<Path> saved) {
        host.out().println(values.text(value, saved));
        values.map(value).ifPresent(map -> TerminalStream.sequence(host.out(), map + System.lineSeparator()));
    }

    @Override public void shown(Value value) {
        host.progressLine().erase();
        value(value, List.of());
    }

    @Override public void saved(List<Path> files) {
        for (Path file : files) host.out().println("→ " + shown(file));
        values.open(files);
        host.out().flush();
    }

    @Override public void failed(ScriptFailure failure) { refused(failure.describe()); }

    @Override public void refused(String message) {
        host.out().flush();
        host.err().println(message);
    }

    /** Returns a path as short as it is from here. */
    static Path shown(Path file) {
        Path here = Path.of("").toAbsolutePath();
        return file.startsWith(here) ? here.relativize(file) : file;
    }
}
