package org.tornadolens.dsl.output;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.files.Claim;
import org.tornadolens.files.Trees;

/**
 * The folder of a run's files. They are written to a hidden folder beside the target, which replaces the target when
 * the run succeeds ({@link #deliver}); until then an earlier run's results stay. The files of a failed run are put
 * beside them. Only a folder that holds a {@value #RECORD} is ever replaced.
 */
public final class RunFolder implements AutoCloseable {

    /** The file that marks a folder as a run's. */
    public static final String RECORD = "run.json";

    private static final String PART = ".part";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String WRITTEN = "wait until it ends, or save under another name";

    /** Writes a file's bytes. */
    @FunctionalInterface public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private final boolean direct;
    private final Budget budget;
    private final List<String> files = new ArrayList<>();
    private Path target;
    private Optional<Claim> claim;

    private RunFolder(Path target, boolean direct, Optional<Claim> claim, Limits limits) {
        this.target = target;
        this.direct = direct;
        this.claim = claim;
        this.budget = new Budget(limits);
    }

    /**
     * Returns a folder that appears at {@code target} when delivered, which no other run may write until this one is
     * closed. What a killed run left beside it is removed; if it was killed while it replaced the earlier results, they
     * are put back. Nothing is created in it before the first file.
     *
     * @throws UsageException if something else than a run's folder is there, or another run that writes it
     */
    public static RunFolder replacing(Path target, Limits limits) throws IOException {
        Path absolute = target.toAbsolutePath().normalize();
        requireReplaceable(absolute);
        Claim claim = Claim.of(absolute, Duration.ZERO,
                "wait until it ends, or give this run a folder of its own with --out");
        return new RunFolder(absolute, false, Optional.of(claim), limits);
    }

    /** Returns such a folder with the limits that hold without any options. */
    public static RunFolder replacing(Path target) throws IOException {
        return replacing(target, Limits.DEFAULT);
    }

    /** Returns a folder in which nothing is written, for a dry run. */
    public static RunFolder planned(Path target) throws IOException {
        Path absolute = target.toAbsolutePath().normalize();
        requireReplaceable(absolute);
        return new RunFolder(absolute, false, Optional.empty(), Limits.DEFAULT);
    }

    /**
     * Returns a folder whose files appear at once, among those already there, for the REPL. Where another session
     * writes it, the first file goes to {@code NAME-2}, and so on.
     */
    public static RunFolder direct(Path target) {
        return new RunFolder(target.toAbsolutePath().normalize(), true, Optional.empty(), Limits.DEFAULT);
    }

    /** Claims the folder of a session, with its first file. */
    private void claimed() throws IOException {
        if (claim.isPresent()) return;
        if (!direct) throw new IllegalStateException(target + " is only planned");
        Path first = target;
        for (int number = 2; claim.isEmpty(); number++) {
            try {
                claim = Optional.of(Claim.of(target, Duration.ZERO, ""));
            } catch (UsageException ofAnotherSession) {
                target = first.resolveSibling(first.getFileName() + "-" + number);
            }
        }
        if (!Files.isDirectory(target)) return;
        try (Stream<Path> all = Files.walk(target)) {       // what a killed session was writing
            for (Path file : all.filter(RunFolder::isPart).toList()) Trees.delete(file);
        }
    }

    private static boolean isPart(Path file) {
        return file.getFileName().toString().startsWith(".") && file.getFileName().toString().endsWith(PART);
    }

    private Path staging() { return direct ? target : claim.orElseThrow().sibling(Claim.TEMPORARY); }

    private boolean staged(Path file) { return !direct && claim.isPresent() && file.startsWith(staging()); }

    /** Returns what is left of what the run may write. */
    public Budget budget() { return budget; }

    /** Returns a hidden file beside the folder, which outlives a run that is stopped: {@code .NAME.END}. */
    public Path beside(String end) throws IOException {
        claimed();
        return target.resolveSibling("." + target.getFileName() + "." + end);
    }

    /** Deletes the hidden files beside the folder whose end matches a pattern, with a further dot before or not. */
    void deleteBeside(String pattern) throws IOException {
        Path start = beside("").getFileName();
        Pattern ends = Pattern.compile("\\.?" + Pattern.quote(start.toString()) + pattern);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(target.getParent(), ".*")) {
            for (Path file : all)
                if (ends.matcher(file.getFileName().toString()).matches()) Files.deleteIfExists(file);
        }
    }

    /** Returns the folder in which the files will be after delivery. */
    public Path target() { return target; }

    /**
     * Returns where a file or folder written in this run is until delivery, if there is one.
     *
     * @param name relative to the folder, or where it will be
     */
    public Optional<Path> written(String name) {
        Path given = Path.of(name).normalize(), path = given.startsWith(target) ? target.relativize(given) : given;
        boolean here = !path.toString().isEmpty() && files.stream().anyMatch(file -> Path.of(file).startsWith(path));
        return here ? Optional.of(staging().resolve(path)) : Optional.empty();
    }

    /** Returns where a file will be after delivery, if it is one of this run's. */
    public Path delivered(Path file) {
        return staged(file) ? target.resolve(staging().relativize(file)) : file;
    }

    /** Returns a text that names files of this run as they will be named after delivery. */
    String delivered(String text) {
        return direct || claim.isEmpty() ? text : text.replace(staging().toString(), target.toString());
    }

    /** Returns the files written so far, relative to the folder. */
    public List<String> files() {
        return Collections.unmodifiableList(files);
    }

    /**
     * Returns a name for a file that replaces no other of this run: {@code scores-2.png} if there is a
     * {@code scores.png}, also where capitals differ, which some systems do not tell apart. The REPL's folder has one
     * file of each name, the latest.
     */
    public String unused(String name) {
        if (direct || !has(name)) return name;
        int dot = name.lastIndexOf('.'), end = dot > name.lastIndexOf('/') + 1 ? dot : name.length();
        int number = 2;
        while (has(numbered(name, end, number))) number++;
        return numbered(name, end, number);
    }

    private static String numbered(String name, int end, int number) {
        return name.substring(0, end) + "-" + number + name.substring(end);
    }

    private boolean has(String name) { return files.stream().anyMatch(file -> file.equalsIgnoreCase(name)); }

    /**
     * Writes a file, whole or not at all, and replaces one of the same name.
     *
     * @param name relative, possibly with folders: {@code heads/induction.png}
     * @return where it will be after delivery
     */
    public Path write(String name, Content content) throws IOException {
        Path relative = checked(name);
        claimed();
        Path file = staging().resolve(relative);
        long most = budget.forFile(file);
        Files.createDirectories(file.getParent());
        try {
            write(file, part(file), counted(name, most, content));
        } catch (FileSystemException e) {
            throw e.getFile().equals(file.toString()) ? WriteFailure.of(target.resolve(relative), e) : e;
        }
        budget.wrote(file, Files.size(file));
        if (!files.contains(relative.toString())) files.add(relative.toString());
        return target.resolve(relative);
    }

    private Content counted(String name, long most, Content content) {
        return out -> content.writeTo(new Counted(out, most, () -> { throw budget.tooLarge("\"" + name + "\""); }));
    }

    private static Path part(Path file) { return file.resolveSibling("." + file.getFileName() + PART); }

    /** Writes a folder's files. */
    @FunctionalInterface public interface FolderContent {
        void writeTo(Path folder) throws IOException;
    }

    /** Writes a folder of files, whole or not at all, and replaces one of the same name. */
    public Path writeFolder(String name, FolderContent content) throws IOException {
        Path relative = checked(name);
        claimed();
        Path folder = staging().resolve(relative);
        boolean replaces = files.stream().anyMatch(file -> Path.of(file).startsWith(relative));
        if (Files.exists(folder) && !replaces)
            throw new UsageException(target.resolve(relative) + " exists; name a new folder");
        Files.createDirectories(folder.getParent());
        try {
            writeFolder(folder, part(folder), content);
        } catch (CheckpointException e) {
            throw named(e, part(folder), target.resolve(relative));
        }
        files.removeIf(file -> Path.of(file).startsWith(relative));
        try (Stream<Path> written = Files.list(folder)) {
            written.sorted().forEach(file -> files.add(relative.resolve(file.getFileName()).toString()));
        }
        return target.resolve(relative);
    }

    /** Names a file by where it would have been. */
    private static CheckpointException named(CheckpointException e, Path partial, Path folder) {
        if (!e.getMessage().startsWith(partial.toString())) return e;
        String[] rest = e.getMessage().substring(partial.toString().length()).split(": ", 2);
        return new CheckpointException(Path.of(folder + rest[0]), rest[1]);
    }

    private void writeFolder(Path folder, Path partial, FolderContent content) throws IOException {
        Trees.delete(partial);
        Files.createDirectory(partial);
        try {
            content.writeTo(partial);
            Trees.delete(folder);
            budget.forget(folder);
            Files.move(partial, folder);
        } finally {
            Trees.delete(partial);
        }
        try (Stream<Path> written = Files.list(folder)) {
            for (Path file : written.toList()) budget.wrote(file, Files.size(file));
        }
    }

    // ---- files elsewhere

    /** Writes a file of another folder, whole or not at all, which no other run may write meanwhile. */
    public void writeElsewhere(Path file, Content content) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(file) && !Files.isRegularFile(file))
            throw new UsageException(file + " is not a regular file; save under another name");
        long most = budget.forFile(file);
        try (Claim claim = Claim.of(file, PATIENCE, WRITTEN)) {
            write(file, claim.sibling(Claim.PARTIAL), counted(file.toString(), most, content));
        }
        budget.wrote(file, Files.size(file));
    }

    /** Writes a new folder in another folder, whole or not at all. */
    public void writeFolderElsewhere(Path folder, FolderContent content) throws IOException {
        try (Claim claim = Claim.of(folder, PATIENCE, WRITTEN)) {
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS))
                throw new UsageException(folder + " exists; name a new folder to save the model in");
            writeFolder(folder, claim.sibling(Claim.PARTIAL), content);
        }
    }

    private static void write(Path file, Path partial, Content content) throws IOException {
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial))) {
                content.writeTo(out);
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /** Writes the run's record, which makes the folder a run's. */
    void writeRecord(Content content) throws IOException {
        Files.createDirectories(staging());
        try (OutputStream out = Files.newOutputStream(staging().resolve(RECORD))) {
            content.writeTo(out);
        } catch (IOException e) {
            throw WriteFailure.of(target.resolve(RECORD), e);
        }
    }

    /** Moves the folder to its target and removes the earlier one, and what a failed run left beside it. */
    public void deliver() throws IOException {
        if (direct) return;
        deliver(target, claim.orElseThrow());
        if (!isRuns(failed())) return;
        try (Claim claim = Claim.of(failed(), PATIENCE, WRITTEN)) {
            Trees.delete(failed());
        }
    }

    /**
     * Moves the folder to {@link #failed}, so that what a failed run saved is kept and an earlier run's results are,
     * too.
     */
    public void deliverFailed() throws IOException {
        if (direct) return;
        try (Claim claim = Claim.of(failed(), PATIENCE, WRITTEN)) {
            deliver(failed(), claim);
        }
    }

    /** Returns the folder in which the files of a failed run will be: {@code NAME.failed} beside the target. */
    public Path failed() {
        return target.resolveSibling(target.getFileName() + ".failed");
    }

    private static boolean isRuns(Path folder) {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && Files.isRegularFile(folder.resolve(RECORD));
    }

    private void deliver(Path target, Claim claim) throws IOException {
        Files.createDirectories(staging());
        requireReplaceable(target);
        Path old = claim.sibling(Claim.OLD);
        boolean replaces = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
        if (replaces) Files.move(target, old);
        try {
            Files.move(staging(), target);
        } catch (IOException e) {
            if (replaces) Files.move(old, target);
            throw e;
        }
        if (replaces) Trees.delete(old);
    }

    /** Removes files that were not delivered, and lets other runs write the folder. */
    @Override public void close() {
        claim.ifPresent(Claim::close);
    }

    private Path checked(String name) {
        if (name.isBlank()) throw new UsageException("a file needs a name");
        if (name.chars().anyMatch(c -> c < 32 || c == '\\' || c == 127))
            throw new UsageException("\"" + name + "\" has characters that file names do not take");
        Path path = Path.of(name);
        boolean inside = !path.isAbsolute() && path.equals(path.normalize());
        for (Path part : path) inside &= !part.toString().equals("..");
        if (!inside)
            throw new UsageException(
                    "\"" + name + "\" leads out of the run folder " + target + "; give a name relative to it");
        for (Path part : path) {
            if (part.toString().startsWith("."))
                throw new UsageException("\"" + name + "\" starts with a dot, which the run folder keeps to itself");
        }
        if (path.toString().equalsIgnoreCase(RECORD))
            throw new UsageException(RECORD + " is written by the run itself; use record(name, value)");
        return path;
    }

    private static void requireReplaceable(Path target) throws IOException {
        if (target.getFileName() == null) throw new UsageException(target + " cannot be a run's folder");
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) return;
        if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS))
            throw new UsageException(target + " is not a folder; --out takes a new or an earlier run's folder");
        if (Files.isRegularFile(target.resolve(RECORD))) return;
        try (Stream<Path> content = Files.list(target)) {
            if (content.findAny().isPresent()) {
                throw new UsageException(target + " holds files that are not a run's (no " + RECORD
                        + "); --out takes a new or an earlier run's folder");
            }
        }
    }
}
