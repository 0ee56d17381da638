package org.tornadolens.dsl.output;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.memory.MemoryException;

/**
 * The folder of a run's files. They are written to a hidden folder beside the target, which replaces the target when
 * the run succeeds ({@link #deliver}); until then an earlier run's results stay. The files of a failed run are put
 * beside them. Only a folder that holds a {@value #RECORD} is ever replaced.
 */
public final class RunFolder implements AutoCloseable {

    /** The file that marks a folder as a run's. */
    public static final String RECORD = "run.json";

    private static final long MOST_BYTES = 4L << 30;
    private static final int MOST_FILES = 10_000;

    /** Writes a file's bytes. */
    @FunctionalInterface public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private final Path target;
    private final Path staging;
    private final long mostBytes;
    private final int mostFiles;
    private final List<String> files = new ArrayList<>();
    private long bytes;

    private RunFolder(Path target, Path staging, long mostBytes, int mostFiles) {
        this.target = target;
        this.staging = staging;
        this.mostBytes = mostBytes;
        this.mostFiles = mostFiles;
    }

    /**
     * Returns a folder that appears at {@code target} when delivered. Nothing is created before the first file.
     *
     * @throws UsageException if something else than a run's folder is there
     */
    public static RunFolder replacing(Path target) throws IOException {
        return replacing(target, MOST_BYTES, MOST_FILES);
    }

    static RunFolder replacing(Path target, long mostBytes, int mostFiles) throws IOException {
        Path absolute = target.toAbsolutePath().normalize();
        requireReplaceable(absolute);
        Leftovers.clear(absolute);
        return new RunFolder(absolute, Leftovers.sibling(absolute, "tmp"), mostBytes, mostFiles);
    }

    /** Returns a folder whose files appear at once, among those already there, for the REPL. */
    public static RunFolder direct(Path target) {
        Path absolute = target.toAbsolutePath().normalize();
        return new RunFolder(absolute, absolute, MOST_BYTES, MOST_FILES);
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
        return here ? Optional.of(staging.resolve(path)) : Optional.empty();
    }

    /** Returns where a file will be after delivery, if it is one of this run's. */
    public Path delivered(Path file) {
        return file.startsWith(staging) ? target.resolve(staging.relativize(file)) : file;
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
        if (staging.equals(target) || !has(name)) return name;
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
        boolean replaces = files.contains(relative.toString());
        if (!replaces && files.size() == mostFiles) {
            throw new UsageException("\"" + name + "\" would be this run's file number " + (mostFiles + 1)
                    + "; a run writes at most " + mostFiles);
        }
        Path file = staging.resolve(relative);
        Files.createDirectories(file.getParent());
        long already = replaces ? bytes - Files.size(file) : bytes;
        try {
            writeWhole(file, out -> content.writeTo(new Counted(out, mostBytes - already, name)));
        } catch (FileSystemException e) {
            throw e.getFile().equals(file.toString()) ? WriteFailure.of(target.resolve(relative), e) : e;
        }
        bytes = already + Files.size(file);
        if (!replaces) files.add(relative.toString());
        return target.resolve(relative);
    }

    /** Writes a folder's files. */
    @FunctionalInterface public interface FolderContent {
        void writeTo(Path folder) throws IOException;
    }

    /**
     * Writes a folder of files, whole or not at all, and replaces one of the same name. Its size is not limited,
     * because models are large.
     */
    public Path writeFolder(String name, FolderContent content) throws IOException {
        Path relative = checked(name), folder = staging.resolve(relative);
        Path partial =
                folder.resolveSibling("." + folder.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        Files.createDirectories(partial);
        try {
            content.writeTo(partial);
            if (Files.exists(folder)) {
                if (files.stream().noneMatch(file -> Path.of(file).startsWith(relative)))
                    throw new UsageException(target.resolve(relative) + " exists; name a new folder");
                Leftovers.delete(folder);
            }
            Files.move(partial, folder);
        } catch (CheckpointException e) {
            throw named(e, partial, target.resolve(relative));
        } finally {
            if (Files.exists(partial)) Leftovers.delete(partial);
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

    /** Writes a file in an existing folder, whole or not at all. */
    public static void writeWhole(Path file, Content content) throws IOException {
        Path partial = file.resolveSibling("." + file.getFileName() + "." + ProcessHandle.current().pid() + ".part");
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
        Files.createDirectories(staging);
        try (OutputStream out = Files.newOutputStream(staging.resolve(RECORD))) {
            content.writeTo(out);
        } catch (IOException e) {
            throw WriteFailure.of(target.resolve(RECORD), e);
        }
    }

    /** Moves the folder to its target and removes the earlier one, and what a failed run left beside it. */
    public void deliver() throws IOException {
        deliver(target);
        if (!staging.equals(target) && isRuns(failed())) Leftovers.delete(failed());
    }

    /**
     * Moves the folder to {@link #failed}, so that what a failed run saved is kept and an earlier run's results are,
     * too.
     */
    public void deliverFailed() throws IOException { deliver(failed()); }

    /** Returns the folder in which the files of a failed run will be: {@code NAME.failed} beside the target. */
    public Path failed() {
        return target.resolveSibling(target.getFileName() + ".failed");
    }

    private static boolean isRuns(Path folder) {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && Files.isRegularFile(folder.resolve(RECORD));
    }

    private void deliver(Path target) throws IOException {
        if (staging.equals(this.target)) return;
        Files.createDirectories(staging);
        requireReplaceable(target);
        Path old = Leftovers.sibling(target, "old");
        boolean replaces = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
        if (replaces) Files.move(target, old);
        try {
            Files.move(staging, target);
        } catch (IOException e) {
            if (replaces) Files.move(old, target);
            throw e;
        }
        if (replaces) Leftovers.delete(old);
    }

    /** Removes files that were not delivered. */
    @Override public void close() throws IOException {
        if (!staging.equals(target)) Leftovers.delete(staging);
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

    /** Refuses more bytes than are allowed. */
    private final class Counted extends OutputStream {
        private final OutputStream out;
        private final String name;
        private long left;

        Counted(OutputStream out, long left, String name) {
            this.out = out;
            this.left = left;
            this.name = name;
        }

        @Override public void write(int value) throws IOException {
            take(1);
            out.write(value);
        }

        @Override public void write(byte[] values, int offset, int length) throws IOException {
            take(length);
            out.write(values, offset, length);
        }

        private void take(int count) {
            left -= count;
            if (left < 0)
                throw new UsageException("\"" + name + "\" would bring this run's files to more than "
                        + MemoryException.text(mostBytes));
        }

        @Override public void flush() throws IOException { out.flush(); }

        @Override public void close() throws IOException { out.close(); }
    }
}
