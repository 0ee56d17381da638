package org.tornadolens.dsl.output;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadolens.patching.FileJournal;
import org.tornadolens.patching.Journal;

/**
 * Where a run's sweeps keep their numbers until the run is done: {@code .NAME.journal} beside its folder. It is bound to
 * everything that the numbers depend on; a file that exists while no run does is what {@code --resume} goes on from.
 */
public final class SweepJournal implements AutoCloseable {

    private final Provenance provenance;
    private final boolean resume;
    private final Path path;
    private FileJournal journal;
    private int sweeps;

    /** @param resume whether sweeps go on from what an earlier run of the same provenance left */
    public SweepJournal(Provenance provenance, RunFolder folder, boolean resume) {
        this.provenance = provenance;
        this.resume = resume;
        this.path = folder.target().resolveSibling("." + folder.target().getFileName() + ".journal");
    }

    /**
     * The journal of the run's next sweep. A sweep is known by its place in the script and by what it is about.
     *
     * @param about what tells it from another one in its place: the model, the inputs, the cells
     */
    public Journal sweep(RunRecord record, String about) throws IOException {
        if (journal == null)
            journal = resume ? FileJournal.resume(path, bound(record)) : FileJournal.begin(path, bound(record));
        return journal.part("sweep " + ++sweeps + " " + Fingerprint.of(about.getBytes(StandardCharsets.UTF_8)).hex());
    }

    private List<String> bound(RunRecord record) throws IOException {
        List<String> bound = new ArrayList<>();
        bound.add("script " + Fingerprint.of(provenance.script()).hex());
        for (Path file : record.imports()) bound.add("import " + file + " " + Fingerprint.of(file).hex());
        for (RunRecord.UsedModel model : record.models())
            bound.add("model " + model.fingerprint().join().hex() + " " + model.dtype() + " on " + model.device());
        bound.add("seed " + provenance.seed());
        provenance.arguments().forEach((name, value) -> bound.add("argument " + name + "=" + value));
        bound.add("version " + provenance.version());
        return bound;
    }

    /** The run is done: nothing is left to resume. */
    public void done() throws IOException {
        close();
        Files.deleteIfExists(path);
    }

    /** Whether there is something that a later run could go on from. */
    public boolean resumable() {
        return journal != null && journal.size() > 0;
    }

    @Override public void close() { if (journal != null) journal.close(); }
}
