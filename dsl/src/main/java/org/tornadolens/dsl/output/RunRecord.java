package org.tornadolens.dsl.output;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The record of a run: its models, checks and recorded values, in order. */
public final class RunRecord {

    public record Check(String name, boolean ok) {}

    /** Notes a model that was opened. Its bytes are hashed while the run continues. */
    public record UsedModel(Path path, String format, String dtype, String device,
            CompletableFuture<Fingerprint> fingerprint) {}

    private final List<UsedModel> models = new ArrayList<>();
    private final Map<Path, CompletableFuture<Fingerprint>> inputs = new LinkedHashMap<>();
    private Set<Path> imports = Set.of();
    private final List<Check> checks = new ArrayList<>();
    private final Map<String, JsonElement> records = new LinkedHashMap<>();

    /** A model opened again under the same path and device is recorded once. */
    public void model(Path path, String format, String dtype, String device) {
        if (models.stream().anyMatch(
                used -> used.path().equals(path) && used.device().equals(device) && used.dtype().equals(dtype)))
            return;
        models.add(new UsedModel(path, format, dtype, device, CompletableFuture.supplyAsync(() -> fingerprint(path))));
    }

    /** Notes a file that the script reads as data. Its bytes are hashed while the run continues. */
    public void read(Path file) {
        inputs.computeIfAbsent(file, path -> CompletableFuture.supplyAsync(() -> fingerprint(path)));
    }

    /** Returns the files that the script read as data. */
    public Map<Path, CompletableFuture<Fingerprint>> inputs() {
        return Collections.unmodifiableMap(inputs);
    }

    /** Notes the set of files that the script has imported, itself first; the set grows. */
    public void importedFrom(Set<Path> opened) {
        imports = opened;
    }

    public void check(String name, boolean ok) { checks.add(new Check(name, ok)); }

    /** Records a value, which replaces an earlier one of the same name. */
    public void record(String name, JsonElement value) {
        records.put(name, value);
    }

    public List<UsedModel> models() { return Collections.unmodifiableList(models); }

    /** Returns the script, once it has been read. */
    public Optional<Path> script() {
        return imports.stream().findFirst();
    }

    /** Returns the files that the script imported. */
    public List<Path> imports() {
        return imports.stream().skip(1).toList();
    }

    public List<Check> checks() { return Collections.unmodifiableList(checks); }

    public Map<String, JsonElement> records() { return Collections.unmodifiableMap(records); }

    public boolean passed() { return checks.stream().allMatch(Check::ok); }

    private static Fingerprint fingerprint(Path path) {
        try {
            return Fingerprint.of(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
