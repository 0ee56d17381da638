package org.tornadolens.dsl.output;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Writes {@value RunFolder#RECORD}: everything needed to identify a run and to repeat it. */
public final class RunReport {

    private final Provenance provenance;
    private final byte[] source;
    private final Instant began = Instant.now();
    private final long beganNanos = System.nanoTime();

    private RunReport(Provenance provenance, byte[] source) {
        this.provenance = provenance;
        this.source = source;
    }

    /** Begins a run: the script is reported in its present state, and time is measured from now. */
    public static RunReport start(Provenance provenance) throws IOException {
        return new RunReport(provenance, Files.readAllBytes(provenance.script()));
    }

    /** Writes the report of a finished run into its folder. */
    public void write(RunRecord record, RunFolder folder) throws IOException {
        write(new JsonObject(), record, folder);
    }

    /**
     * Writes the report of a run that failed into its folder.
     *
     * @param exit  the exit code
     * @param error what went wrong, in one line
     */
    public void writeFailed(int exit, String error, RunRecord record, RunFolder folder) throws IOException {
        JsonObject failed = new JsonObject(), report = new JsonObject();
        failed.addProperty("exit", exit);
        failed.addProperty("error", error);
        report.add("failed", failed);
        write(report, record, folder);
    }

    private void write(JsonObject report, RunRecord record, RunFolder folder) throws IOException {
        report.add("script", hashed(provenance.script(), Fingerprint.of(source)));
        JsonArray imports = new JsonArray();
        for (Path file : record.imports()) imports.add(hashed(file, Fingerprint.of(file)));
        report.add("imports", imports);
        JsonArray inputs = new JsonArray();
        record.inputs().forEach((file, fingerprint) -> inputs.add(hashed(file, fingerprint.join())));
        report.add("inputs", inputs);
        report.add("models", models(record, folder));
        report.addProperty("seed", provenance.seed());
        report.add("arguments", arguments());
        report.add("versions", versions());
        report.add("timings", timings());
        report.add("checks", checks(record));
        report.add("records", records(record));
        JsonArray files = new JsonArray();
        folder.files().forEach(files::add);
        report.add("files", files);
        Gson gson = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();
        folder.writeRecord(out -> out.write((gson.toJson(report) + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    private static JsonObject hashed(Path file, Fingerprint fingerprint) {
        JsonObject object = new JsonObject();
        object.addProperty("path", file.toString());
        object.addProperty(fingerprint.kind(), fingerprint.hex());
        return object;
    }

    private static JsonArray models(RunRecord record, RunFolder folder) {
        JsonArray models = new JsonArray();
        for (RunRecord.UsedModel used : record.models()) {
            JsonObject model = hashed(folder.delivered(used.path()), used.fingerprint().join());
            model.addProperty("format", used.format());
            model.addProperty("dtype", used.dtype());
            model.addProperty("device", used.device());
            models.add(model);
        }
        return models;
    }

    private JsonObject arguments() {
        JsonObject object = new JsonObject();
        provenance.arguments().forEach(object::addProperty);
        return object;
    }

    private JsonObject versions() {
        JsonObject versions = new JsonObject();
        versions.addProperty("tornadolens", provenance.version());
        versions.addProperty("java", Runtime.version().toString());
        versions.addProperty("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        return versions;
    }

    private JsonObject timings() {
        JsonObject timings = new JsonObject();
        timings.addProperty("began", began.truncatedTo(ChronoUnit.SECONDS).toString());
        timings.addProperty("seconds", Math.round((System.nanoTime() - beganNanos) / 1e6) / 1e3);
        return timings;
    }

    private static JsonArray checks(RunRecord record) {
        JsonArray checks = new JsonArray();
        for (RunRecord.Check check : record.checks()) {
            JsonObject object = new JsonObject();
            object.addProperty("name", check.name());
            object.addProperty("ok", check.ok());
            checks.add(object);
        }
        return checks;
    }

    private static JsonElement records(RunRecord record) {
        JsonObject records = new JsonObject();
        record.records().forEach(records::add);
        return records;
    }
}
