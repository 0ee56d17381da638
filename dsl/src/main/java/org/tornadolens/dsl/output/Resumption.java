package org.tornadolens.dsl.output;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.tornadolens.files.Trees;
import org.tornadolens.patching.FileJournal;
import org.tornadolens.patching.Journal;

/**
 * What a run keeps beside its folder until it is done, so that {@code --resume} can continue it: the finished cells of
 * its sweeps in {@code .NAME.journal}, and the checkpoints of its trainings in
 * {@code .NAME.CHECKPOINT.training.safetensors}, and what its surveys have found in {@code .NAME.N.survey}.
 * Each is bound to everything that its numbers depend on ({@link Basis}).
 */
public final class Resumption implements AutoCloseable {

    private static final String TRAINING = ".training.safetensors";
    private static final String NAMES = "[\\w-]+(~\\d+)?";      // of checkpoints, and which one of that name

    private final Provenance provenance;
    private final RunFolder folder;
    private final boolean resume;
    private final Map<String, Integer> trainings = new HashMap<>();   // how many of each name there were
    private final List<Path> surveys = new ArrayList<>();             // their files, beside which are folders
    private FileJournal journal;
    private int sweeps;

    /** @param resume whether the run continues from what an earlier one of the same provenance has kept */
    public Resumption(Provenance provenance, RunFolder folder, boolean resume) {
        this.provenance = provenance;
        this.folder = folder;
        this.resume = resume;
    }

    /** Removes what a killed run had begun to write of a checkpoint. */
    public void removeParts() throws IOException {
        folder.deleteBeside(NAMES + Pattern.quote(TRAINING) + "\\.[0-9a-f-]{36}\\.part");
    }

    /** Whether the run continues from what an earlier one has kept. */
    public boolean resumes() { return resume; }

    /**
     * Returns the journal of the run's next sweep, identified by its order in the run, by {@code about} and by what the
     * run has read before it. The journal as a whole is bound to what was read before the first sweep.
     *
     * @param about the model, the inputs and the cells, as text
     */
    public Journal sweep(RunRecord record, String about) throws IOException {
        List<String> basis = basis(record);
        Path path = folder.beside("journal");
        if (journal == null) journal = resume ? FileJournal.resume(path, basis) : FileJournal.begin(path, basis);
        String own = folder.delivered(about) + "\n" + String.join("\n", basis);
        return journal.part("sweep " + ++sweeps + " " + Fingerprint.of(own.getBytes(StandardCharsets.UTF_8)).hex());
    }

    /** Returns what the numbers of the run depend on so far. */
    public List<String> basis(RunRecord record) throws IOException {
        return Basis.of(provenance, record);
    }

    /** Returns the checkpoint of the run's next training of this name. */
    public Path training(String name) throws IOException {
        int number = trainings.merge(name, 1, Integer::sum);
        return training(name, number);
    }

    private Path training(String name, int number) throws IOException {
        return folder.beside(name + (number == 1 ? "" : "~" + number) + TRAINING);
    }

    /**
     * Returns where the run's next survey keeps what it has found until the run is done: a file, beside which it may
     * have a folder. What an earlier run left is there only if this one continues it.
     */
    public Path survey(RunRecord record) throws IOException {
        List<String> basis = basis(record);
        Path path = folder.beside("journal");
        if (journal == null) journal = resume ? FileJournal.resume(path, basis) : FileJournal.begin(path, basis);
        Path own = folder.beside((surveys.size() + 1) + ".survey");
        surveys.add(own);
        if (!resume) discard(own);
        return own;
    }

    /** Returns the folder beside a survey's file. */
    public static Path folder(Path survey) {
        return survey.resolveSibling(survey.getFileName() + ".files");
    }

    private static void discard(Path survey) throws IOException {
        Files.deleteIfExists(survey);
        Trees.delete(folder(survey));
    }

    /** Ends what was kept by a run that is done, which needs no resuming. */
    public void done() throws IOException {
        close();
        for (Path survey : surveys) discard(survey);
        Files.deleteIfExists(folder.beside("journal"));
        folder.deleteBeside(NAMES + Pattern.quote(TRAINING));
    }

    /** Returns true if a later run could continue from what this one keeps. */
    public boolean resumable() throws IOException {
        if (journal != null && journal.size() > 0 || surveys.stream().anyMatch(Files::exists)) return true;
        for (var training : trainings.entrySet())
            for (int number = 1; number <= training.getValue(); number++)
                if (Files.exists(training(training.getKey(), number))) return true;
        return false;
    }

    @Override public void close() { if (journal != null) journal.close(); }
}
