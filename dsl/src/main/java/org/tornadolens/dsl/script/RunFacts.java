package org.tornadolens.dsl.script;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Version;
import org.tornadolens.dsl.output.Fingerprint;
import org.tornadolens.dsl.output.RunRecord;
import org.tornadolens.dsl.report.Facts;
import org.tornadolens.dsl.report.Facts.Fact;
import org.tornadolens.dsl.report.Part;

/** What a report says of the run that made it. */
public final class RunFacts {

    private static final int DIGITS = 6, LONGEST = 300;

    private RunFacts() {}

    /** Returns the facts of a run that goes on. */
    static Facts soFar(Host host) throws IOException {
        return facts(host, "saved during the run", false);
    }

    /** Returns the facts of a run that ended. */
    public static Facts of(Host host, Exit exit) throws IOException {
        boolean failed = exit != Exit.DONE && exit != Exit.CHECK_FAILED;
        return facts(host, failed ? "failed with exit code " + exit.code() + ": " + exit.meaning() : "done", failed);
    }

    private static Facts facts(Host host, String outcome, boolean failed) throws IOException {
        RunRecord record = host.record();
        List<Fact> facts = new ArrayList<>();
        Optional<Path> script = record.script();
        if (script.isPresent()) facts.add(file("script", script.get(), Fingerprint.of(script.get())));
        for (Path imported : record.imports()) facts.add(file("import", imported, Fingerprint.of(imported)));
        host.command().ifPresent(command -> facts.add(new Fact("command", command)));
        for (RunRecord.UsedModel model : record.models()) {
            facts.add(file("model", model.path(), model.fingerprint().join()));
            facts.add(new Fact("weights", model.dtype() + ", from " + model.format()));
            facts.add(new Fact("device", model.device()));
        }
        facts.add(new Fact("seed", Long.toString(host.settings().seed())));
        facts.add(new Fact("versions", "TornadoLens " + Version.string() + ", Java " + Runtime.version() + ", "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch")));
        facts.add(new Fact("began", host.began().truncatedTo(ChronoUnit.SECONDS).toString()));
        facts.add(new Fact("took", seconds(Duration.between(host.began(), Instant.now()))));
        List<Fact> values = record.records().entrySet().stream()
                .map(one -> new Fact(one.getKey(), shortened(text(one.getValue()), script.isPresent()))).toList();
        return new Facts(outcome, failed, facts,
                record.checks().stream().map(check -> new Part.Claim(check.name(), check.ok())).toList(), values);
    }

    /** Names a file without its folders, which differ between machines. */
    private static Fact file(String name, Path file, Fingerprint fingerprint) {
        return new Fact(name, file.getFileName() + "\n" + fingerprint.kind() + " " + fingerprint.hex());
    }

    /** Returns a recorded value with fewer digits; run.json has them all. */
    private static String text(JsonElement value) {
        return switch (value) {
            case JsonArray array -> array.asList().stream().map(RunFacts::text)
                    .collect(Collectors.joining(", ", "[", "]"));
            case JsonObject object -> object.entrySet().stream()
                    .map(one -> new JsonPrimitive(one.getKey()) + ": " + text(one.getValue()))
                    .collect(Collectors.joining(", ", "{ ", " }"));
            case JsonPrimitive number when number.isNumber() -> new BigDecimal(number.getAsString())
                    .round(new MathContext(DIGITS)).toString();
            default -> value.toString();
        };
    }

    /** @param kept whether run.json will have the value, which a session does not write */
    private static String shortened(String text, boolean kept) {
        if (text.length() <= LONGEST) return text;
        return text.substring(0, LONGEST) + " …" + (kept ? " (the whole is in run.json)" : "");
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }
}
