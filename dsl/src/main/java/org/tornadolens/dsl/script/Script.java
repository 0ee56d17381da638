package org.tornadolens.dsl.script;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;

/** Runs a script file: an ES module that imports from "lens" and from files of its own folder. */
public final class Script {

    private Script() {}

    /**
     * Runs the script to its end, its top-level awaits included.
     *
     * @throws ScriptFailure if it throws, does not parse, or waits for a promise that is never settled
     */
    public static void run(Path script, Host host) throws IOException, ScriptFailure {
        try (Sandbox sandbox = Sandbox.forScript(host, Files.readString(script))) {
            run(script, host, sandbox);
        }
    }

    static void run(Path script, Host host, Sandbox sandbox) throws IOException, ScriptFailure {
        Path file = script.toRealPath();
        Source source = Source.newBuilder("js", file.toFile()).content(Files.readString(file))
                .mimeType(Sandbox.MODULE_TYPE).build();
        try (Interrupts.Scope scope = host.interrupts().during(sandbox::interrupt)) {
            sandbox.jail().script(file);
            host.record().importedFrom(sandbox.jail().opened());
            try {
                if (!ended(sandbox.context().eval(source))) {
                    throw new ScriptFailure(Exit.SCRIPT_THREW,
                            file + ": the script ended while it awaits a promise that nothing settles", List.of(),
                            null);
                }
            } catch (PolyglotException e) {
                throw Failures.of(e, sandbox);
            }
        }
    }

    /**
     * Returns true if a module ran to its end. A module that awaits gives a promise. The job queue is empty by now, so
     * a promise that is not settled never will be.
     */
    private static boolean ended(Value promise) {
        if (!promise.canInvokeMember("then")) return true;
        AtomicBoolean settled = new AtomicBoolean();
        ProxyExecutable settle = values -> {
            settled.set(true);
            return null;
        };
        promise.invokeMember("then", settle, settle);
        return settled.get();
    }
}
