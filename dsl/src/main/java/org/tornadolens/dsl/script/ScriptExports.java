package org.tornadolens.dsl.script;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.graalvm.polyglot.HostAccess;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.report.Part;

/** Behind {@code script.js}: printing, arguments, seed, checks and records. */
public final class ScriptExports {

    private final Host host;
    private final SplittableRandom random;

    ScriptExports(Host host) {
        this.host = host;
        this.random = new SplittableRandom(host.settings().seed());
    }

    @HostAccess.Export public void print(String text) {
        if (host.dryRun().isPresent()) return;   // it would print noise
        host.print(text, Part.printed(text));
    }

    @HostAccess.Export public void printError(String text) { host.printError(text); }

    @HostAccess.Export public String[] argumentNames() {
        return host.settings().arguments().keySet().toArray(String[]::new);
    }

    @HostAccess.Export public String argument(String name) { return host.settings().arguments().get(name); }

    @HostAccess.Export public double seed() { return host.settings().seed(); }

    /** Uniform in [0, 1), from the run's seed. */
    @HostAccess.Export public double random() {
        return random.nextDouble();
    }

    @HostAccess.Export public void check(String claim, boolean ok) {
        if (host.dryRun().isPresent()) return;
        host.record().check(claim, ok);
        host.print((ok ? "✓ " : "✗ ") + claim, new Part.Claim(claim, ok));
    }

    /** @param json the value as {@code JSON.stringify} wrote it */
    @HostAccess.Export public void record(String name, String json) {
        host.record().record(name, JsonParser.parseString(json));
    }

    @HostAccess.Export public void save(String name, String text) throws IOException {
        host.save(name, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }
}
