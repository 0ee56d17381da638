package org.tornadolens.dsl;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.output.RunRecord;
import org.tornadolens.dsl.output.SweepJournal;
import org.tornadolens.dsl.report.Part;
import org.tornadolens.dsl.report.Transcript;
import org.tornadolens.model.Model;
import org.tornadolens.patching.Journal;

/**
 * The surroundings of one script or one REPL session: its settings, its output, its folder and its record.
 */
public final class Host {

    private final Settings settings;
    private final Console console;
    private final ProgressLine progressLine;
    private final Path scriptFolder;
    private final RunFolder folder;
    private final Optional<SweepJournal> journal;
    private final Optional<DryRun> dryRun;
    private final RunRecord record = new RunRecord();
    private final Set<String> warned = new HashSet<>();
    private final List<Path> written = new ArrayList<>();
    private final Transcript transcript = new Transcript();
    private final Instant began = Instant.now();

    /**
     * @param scriptFolder the base of relative paths, and the folder that imports may read
     * @param folder       the folder of its files
     * @param journal      keeps the finished cells of sweeps; without one they cannot be resumed
     * @param dryRun       plans its runs; without one they are run
     */
    public Host(Settings settings, Console console, Path scriptFolder, RunFolder folder,
            Optional<SweepJournal> journal, Optional<DryRun> dryRun) {
        this.settings = settings;
        this.console = console;
        this.progressLine = new ProgressLine(console.err(), console.terminal());
        this.scriptFolder = scriptFolder;
        this.folder = folder;
        this.journal = journal;
        this.dryRun = dryRun;
    }

    /** Returns the journal of the next sweep, which {@code about} identifies by model, inputs and cells. */
    public Journal journal(String about) throws IOException {
        return journal.isPresent() ? journal.get().sweep(record, about) : Journal.NONE;
    }

    /** Returns where the next survey keeps what it has found, so that it can be resumed; absent where it cannot. */
    public Optional<Path> survey() throws IOException {
        return journal.isPresent() && dryRun.isEmpty() ? Optional.of(journal.get().survey(record)) : Optional.empty();
    }

    /** Returns the dry run, if runs are planned instead of run. */
    public Optional<DryRun> dryRun() { return dryRun; }

    public Settings settings() { return settings; }

    public PrintStream out() { return console.out(); }

    public PrintStream err() { return console.err(); }

    public Interrupts interrupts() { return console.interrupts(); }

    public Path scriptFolder() { return scriptFolder; }

    public RunFolder folder() { return folder; }

    /** Returns the record of what the script used and found so far. */
    public RunRecord record() { return record; }

    /** Returns what the run printed and saved so far, if that is kept. */
    public Transcript transcript() {
        return transcript;
    }

    /** Returns when the run began. */
    public Instant began() { return began; }

    /** Returns the command that repeats the run, without folders, which differ between machines; none in a session. */
    public Optional<String> command() {
        return record.script().map(script -> {
            StringBuilder command = new StringBuilder("lens run ").append(quoted(script.getFileName().toString()));
            settings.model()
                    .ifPresent(path -> command.append(" --model ").append(quoted(path.getFileName().toString())));
            if (settings.seed() != 0) command.append(" --seed ").append(settings.seed());
            settings.arguments()
                    .forEach((name, value) -> command.append(" --arg ").append(quoted(name + "=" + value)));
            return command.toString();
        });
    }

    private static String quoted(String argument) {
        return argument.matches("[\\w.=,:/+-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    /** Prints a line, or several, as a part of the run. */
    public void print(String text, Part part) {
        progressLine.erase();
        out().println(text);
        transcript.add(part);
    }

    /** Prints a line, or several, among errors and warnings. */
    public void printError(String text) {
        progressLine.erase();
        out().flush();
        err().println(text);
        transcript.add(Part.error(text));
    }

    /** Begins a step that may take long: {@code try (Progress progress = host.progress("opening the model")) …}. */
    public Progress progress(String what) {
        return progressLine.begin(what);
    }

    /** Returns the line that shows progress, which has to be erased before other output. */
    public ProgressLine progressLine() {
        return progressLine;
    }

    /** Prints a warning about what a script gives a model; one of each kind for a model's files. */
    public void warn(Model model, String kind, String message) {
        if (warned.add(kind + " " + model.checkpoint().source())) warn(message);
    }

    /** Prints a warning. */
    public void warn(String message) { printError("warning: " + message); }

    /**
     * Writes a file, whole or not at all: a relative name in the run's folder, an absolute one in a folder of
     * --allow-write. A second file of one name in a run's folder is numbered, so that none is lost.
     *
     * @return where it is once the run has succeeded
     */
    public Path save(String name, RunFolder.Content content) throws IOException {
        return save(name, content, new Part.File());
    }

    /** Saves a file that shows a part of the run. */
    public Path save(String name, RunFolder.Content content, Part part) throws IOException {
        if (dryRun.isPresent()) return folder.target().resolve(name);
        Path file;
        if (Path.of(name).isAbsolute()) file = allowed(Path.of(name), content);
        else {
            String unused = folder.unused(name);
            if (!unused.equals(name))
                warn("this run has already saved \"" + name + "\"; this one is \"" + unused + "\"");
            file = folder.write(unused, content);
        }
        written.add(file);
        transcript.saved(file.startsWith(folder.target()) ? folder.target().relativize(file).toString()
                : file.toString(), part);
        return file;
    }

    /** Returns the files saved since {@link #takeWritten} was called. */
    public List<Path> written() {
        return List.copyOf(written);
    }

    /** Returns the files saved since the last call. */
    public List<Path> takeWritten() {
        List<Path> files = written();
        written.clear();
        return files;
    }

    private Path allowed(Path file, RunFolder.Content content) throws IOException {
        Path parent = file.normalize().getParent();
        if (parent == null || !within(settings.allowWrite(), parent)) {
            throw new UsageException(
                    file + " lies outside the run's folder " + folder.target() + "; give a relative name"
                            + (parent == null ? "" : ", or allow it with --allow-write " + parent));
        }
        RunFolder.writeWhole(file.normalize(), content);
        return file.normalize();
    }

    /** Writes a folder of files as {@link #save} writes a file. An absolute one must not exist. */
    public Path saveFolder(String name, RunFolder.FolderContent content) throws IOException {
        if (dryRun.isPresent()) return folder.target().resolve(name);
        if (!Path.of(name).isAbsolute()) {
            Path written = folder.writeFolder(name, content);
            transcript.saved(name, new Part.File());
            return written;
        }
        Path target = Path.of(name).normalize(), parent = target.getParent();
        if (parent == null || !within(settings.allowWrite(), parent)) {
            throw new UsageException(
                    target + " lies outside the run's folder " + folder.target() + "; give a relative name"
                            + (parent == null ? "" : ", or allow it with --allow-write " + parent));
        }
        content.writeTo(target);
        return target;
    }

    /**
     * Returns a file that a script may read: in its own folder, in its results, or in a folder of --allow-read.
     *
     * @param name of a file that this run has saved, or relative to the script's folder or, third, to the current one
     */
    public Path readable(String name) throws IOException {
        Optional<Path> saved = folder.written(name);
        if (saved.isPresent()) return saved.get();
        List<Path> folders = new ArrayList<>(settings.allowRead());
        folders.add(scriptFolder);
        folders.add(folder.target());
        Path beside = scriptFolder.resolve(name).normalize(), here = Path.of(name).toAbsolutePath().normalize();
        for (Path file : List.of(beside, here)) if (within(folders, file)) return file;
        // a script may not learn whether a file outside exists
        Path outside = Files.exists(beside) ? beside : here;
        for (Path allowed : folders)
            if (outside.startsWith(allowed.toAbsolutePath())) throw new UsageException("no file " + outside);
        throw new UsageException(outside + " cannot be read; --allow-read " + outside.getParent() + " would allow it");
    }

    /** Returns true if a path, with symbolic links followed, lies in one of the folders. */
    private static boolean within(List<Path> folders, Path path) throws IOException {
        if (!Files.exists(path)) return false;
        for (Path folder : folders)
            if (Files.exists(folder) && path.toRealPath().startsWith(folder.toRealPath())) return true;
        return false;
    }
}
