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
 * The finished cells of a run's sweeps, and what its surveys have found, kept in {@code .NAME.journal} beside its
 * folder until the run is done. It is bound to everything that the numbers depend on. {@code --resume} continues from
 * the file of a run that was stopped.
 */
public final class SweepJournal implements AutoCloseable {

    private final Provenance provenance;
    private final boolean resume;
    private final Path path;
    private FileJournal journal;
    private final List<Path> beside = new ArrayList<>();    // files and folders of surveys
    private int sweeps;

    /** @param resume whether sweeps continue from the journal of an earlier run of the same provenance */
    public SweepJournal(Provenance provenance, RunFolder folder, boolean resume) {
        this.provenance = provenance;
        this.resume = resume;
        this.path = folder.target().resolveSibling("." + folder.target().getFileName() + ".journal");
    }

    /**
     * Returns the journal of the run's next sweep, identified by its order in the run and by {@code about}.
     *
     * @param about the model, the inputs and the cells, as text
     */
    public Journal sweep(RunRecord record, String about) throws IOException {
        if (journal == null)
            journal = resume ? FileJournal.resume(path, bound(record)) : FileJournal.begin(path, bound(record));
        return journal.part("sweep " + ++sweeps + " " + Fingerprint.of(about.getBytes(StandardCharsets.UTF_8)).hex());
    }

    /**
     * Returns where the run's next survey keeps what it has found until the run is done: a file, beside which it may
     * have a folder. What an earlier run left is there only if this one continues it.
     */
    public Path survey(RunRecord record) throws IOException {
        if (journal == null)
            journal = resume ? FileJournal.resume(path, bound(record)) : FileJournal.begin(path, bound(record));
        Path own = path.resolveSibling(path.getFileName() + "." + (beside.size() + 1) + ".survey");
        beside.add(own);
        if (!resume) discard(own);
        return own;
    }

    /** Returns the folder beside a survey's file. */
    public static Path folder(Path survey) {
        return survey.resolveSibling(survey.getFileName() + ".files");
    }

    private static void discard(Path survey) throws IOException {
        Files.deleteIfExists(survey);
        if (Files.exists(folder(survey))) Leftovers.delete(folder(survey));
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

    /** Ends the journal of a finished run, which needs no resuming. */
    public void done() throws IOException {
        close();
        for (Path survey : beside) discard(survey);
        Files.deleteIfExists(path);
    }

    /** Returns true if a later run could continue from this journal. */
    public boolean resumable() {
        return journal != null && (journal.size() > 0 || beside.stream().anyMatch(Files::exists));
    }

    @Override public void close() { if (journal != null) journal.close(); }
}
