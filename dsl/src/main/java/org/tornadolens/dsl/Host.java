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
import java.util.function.Consumer;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.output.Resumption;
import org.tornadolens.dsl.output.RunRecord;
import org.tornadolens.dsl.report.Part;
import org.tornadolens.dsl.report.Transcript;
import org.tornadolens.model.Model;
import org.tornadolens.patching.Journal;
import org.tornadolens.training.TrainingOptions;

/**
 * The surroundings of one script or one REPL session: its settings, its output, its folder and its record.
 */
public final class Host {

    private final Settings settings;
    private final Console console;
    private final ProgressLine progressLine;
    private final Path scriptFolder;
    private final RunFolder folder;
    private final Optional<Resumption> resumption;
    private final Optional<DryRun> dryRun;
    private final RunRecord record = new RunRecord();
    private final Set<String> warned = new HashSet<>();
    private final List<Path> written = new ArrayList<>();
    private final Transcript transcript = new Transcript();
    private final Instant began = Instant.now();
    private Optional<Consumer<Value>> shows = Optional.empty();

    /**
     * @param scriptFolder the base of relative paths, and the folder that imports may read
     * @param folder       the folder of its files
     * @param resumption   keeps finished cells of sweeps and checkpoints; without one they cannot be resumed
     * @param dryRun       plans its runs; without one they are run
     */
    public Host(Settings settings, Console console, Path scriptFolder, RunFolder folder,
            Optional<Resumption> resumption, Optional<DryRun> dryRun) {
        this.settings = settings;
        this.console = console;
        this.progressLine = new ProgressLine(console.progress());
        this.scriptFolder = scriptFolder;
        this.folder = folder;
        this.resumption = resumption;
        this.dryRun = dryRun;
    }

    /** Returns the journal of the next sweep, which {@code about} identifies by model, inputs and cells. */
    public Journal journal(String about) throws IOException {
        return resumption.isPresent() ? resumption.get().sweep(record, about) : Journal.NONE;
    }

    /**
     * Returns the checkpoint of the next training of this name; absent where nothing can be resumed.
     *
     * @param every the steps between two states that are kept
     * @param bytes of one
     */
    public Optional<TrainingOptions.Checkpointing> training(String name, int every, long bytes) throws IOException {
        if (resumption.isEmpty() || dryRun.isPresent()) return Optional.empty();
        Path file = resumption.get().training(name);
        folder.budget().keep(file, bytes);
        boolean resumes = resumption.get().resumes();
        if (!resumes && Files.exists(file))
            warn("the training starts again; --resume would continue the one that was stopped");
        return Optional.of(new TrainingOptions.Checkpointing(file, every, resumes, resumption.get().basis(record)));
    }

    /** Returns where the next survey keeps what it has found, so that it can be resumed; absent where it cannot. */
    public Optional<Path> survey() throws IOException {
        return resumption.isPresent() && dryRun.isEmpty() ? Optional.of(resumption.get().survey(record))
                : Optional.empty();
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
        folder.budget().print(text.length() + 1L);
        progressLine.erase();
        out().println(text);
        transcript.add(part);
    }

    /** Prints a line, or several, among errors and warnings. */
    public void printError(String text) {
        folder.budget().print(text.length() + 1L);
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

    /** Takes what shows values that a script asks to show, in a session. */
    public void showsBy(Consumer<Value> display) {
        shows = Optional.of(display);
    }

    /** Returns what shows values, if this is a session. */
    public Optional<Consumer<Value>> shows() { return shows; }

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
        Path writable = writable(file);
        folder.writeElsewhere(writable, content);
        return writable;
    }

    /**
     * Writes a folder of files as {@link #save} writes a file. An absolute one must not exist.
     *
     * @param bytes how much it will take, at least
     */
    public Path saveFolder(String name, long bytes, RunFolder.FolderContent content) throws IOException {
        if (dryRun.isPresent()) return folder.target().resolve(name);
        if (!Path.of(name).isAbsolute()) {
            folder.budget().require(name, bytes, 1);
            Path written = folder.writeFolder(name, content);
            transcript.saved(name, new Part.File());
            return written;
        }
        Path target = writable(Path.of(name));
        folder.budget().require(name, bytes, 1);
        folder.writeFolderElsewhere(target, content);
        return target;
    }

    /** Returns where an absolute path leads, if the script may write there. A link at its end is not followed. */
    private Path writable(Path file) throws IOException {
        Path parent = file.normalize().getParent();
        if (parent == null || file.normalize().getFileName() == null)
            throw new UsageException(file + " cannot be written");
        Path real = ReadableFolders.destination(parent);
        if (!ReadableFolders.of(settings.allowWrite()).contain(real) || !Files.isDirectory(real))
            throw new UsageException(file + " lies outside the run's folder " + folder.target()
                    + "; give a relative name, or allow it with --allow-write " + parent);
        return real.resolve(file.normalize().getFileName());
    }

    /** Returns the folders that the script may read: its own, its results, and those of --allow-read. */
    ReadableFolders readable() throws IOException {
        List<Path> folders = new ArrayList<>(settings.allowRead());
        folders.add(scriptFolder);
        folders.add(folder.target());
        return ReadableFolders.of(folders);
    }

    /**
     * Returns the real path of a file that a script may read: in its own folder, in its results, or in a folder of
     * --allow-read. The record of the run, and the binding of what can be resumed, name it.
     *
     * @param name of a file that this run has saved, or relative to the script's folder or, third, to the current one
     */
    public Path readable(String name) throws IOException {
        Optional<Path> saved = folder.written(name);
        if (saved.isPresent()) return saved.get();
        ReadableFolders folders = readable();
        Path beside = scriptFolder.resolve(name).toAbsolutePath(), here = Path.of(name).toAbsolutePath();
        Path absent = null;
        for (Path file : List.of(beside, here)) {
            Path real = ReadableFolders.destination(file);
            if (!folders.contain(real)) continue;
            if (Files.exists(real)) {
                if (Files.isDirectory(real)) throw new UsageException(real + " is a folder; name a file in it");
                if (!Files.isRegularFile(real)) throw new UsageException(real + " is not a regular file");
                record.read(real);
                return real;
            }
            if (absent == null) absent = file.normalize();
        }
        if (absent != null) throw new UsageException("no file " + absent);
        Path outside = beside.normalize(), leads = ReadableFolders.destination(beside);
        boolean link = folders.contain(outside);
        throw new UsageException(outside + (link ? ", which leads to " + leads + "," : "")
                + " cannot be read; --allow-read " + (link ? leads : outside).getParent() + " would allow it");
    }
}
