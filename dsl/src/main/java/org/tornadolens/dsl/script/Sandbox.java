package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.SandboxPolicy;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.io.IOAccess;
import org.tornadolens.dsl.Host;

/**
 * A JavaScript context in which the {@code lens} module is loaded and nothing else can be reached: no Java classes, no
 * files but the script's folder for imports, no network, processes or environment. It bounds neither memory nor time:
 * a script from an untrusted source needs a container besides.
 */
final class Sandbox implements AutoCloseable {

    static final String MODULE_TYPE = "application/javascript+module";

    private static final String BOOT =
            "import * as lens from 'lens'; import { loaded } from '" + Jail.PRELUDE + "/host.js'; "
                    + "import * as repl from '" + Jail.PRELUDE + "/repl.js'; loaded(lens, repl);";

    private static final HostAccess ACCESS = HostAccess.newBuilder(HostAccess.CONSTRAINED)
            .allowArrayAccess(true).allowListAccess(true).allowIterableAccess(true).allowIteratorAccess(true)
            .allowBufferAccess(true)
            .build();

    private final Host host;
    private final Context context;
    private final Bridge bridge;
    private final Jail jail;

    /** A sandbox for a script of this text. */
    static Sandbox forScript(Host host, CharSequence text) throws IOException {
        return new Sandbox(host, Exports.of(host), LensModule.of(text), false);
    }

    /** A sandbox for a session of inputs: evaluating a module gives its exports. */
    static Sandbox forSession(Host host) throws IOException {
        return new Sandbox(host, Exports.of(host), LensModule.all(), true);
    }

    /**
     * @param exports            the Java objects behind the module, by name
     * @param module             the text of "lens"
     * @param evaluatesToExports whether evaluating a module gives its exports
     */
    Sandbox(Host host, Map<String, Supplier<Object>> exports, String module, boolean evaluatesToExports)
            throws IOException {
        this.host = host;
        jail = new Jail(host.scriptFolder(), host.settings().allowRead(), module);
        context = Context.newBuilder("js")
                .sandbox(SandboxPolicy.CONSTRAINED)
                .allowHostAccess(ACCESS)
                .allowIO(IOAccess.newBuilder().fileSystem(jail).build())
                .in(InputStream.nullInputStream()).out(OutputStream.nullOutputStream())
                .err(OutputStream.nullOutputStream()).option("engine.WarnInterpreterOnly", "false")
                .option("js.esm-eval-returns-exports", String.valueOf(evaluatesToExports))
                .option("js.unhandled-rejections", "throw")
                .build();
        bridge = new Bridge(exports);
        try {
            context.getBindings("js").putMember("__lens", bridge);
            context.eval(Source.newBuilder("js", BOOT, "lens").mimeType(MODULE_TYPE).buildLiteral());
        } catch (RuntimeException | Error e) {      // it was interrupted
            context.close(true);
            throw e;
        }
        jail.closePrelude();
    }

    Host host() { return host; }

    Context context() { return context; }

    Bridge bridge() { return bridge; }

    Jail jail() { return jail; }

    /** Stops the running code, from another thread. The context stays usable. */
    void interrupt() {
        try {
            context.interrupt(Duration.ZERO);
        } catch (TimeoutException e) {
            throw new UncheckedIOException("the script does not stop", new IOException(e));
        }
    }

    @Override public void close() { context.close(true); }
}
