package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessMode;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.graalvm.polyglot.io.FileSystem;
import org.tornadolens.Nearest;
import org.tornadolens.dsl.ReadableFolders;

/**
 * The file system that a script's imports see: the module "lens", whose files are resources under the imaginary folder
 * {@link #PRELUDE}, and regular files below the folders that the script may read. Paths are resolved before they are
 * checked, so that neither {@code ..} nor a symbolic link leads out. Nothing can be written, listed or deleted.
 */
final class Jail implements FileSystem {

    /** The imaginary folder of the module's own files; no file of the machine is looked up there. */
    static final Path PRELUDE = Path.of("/lens:");

    private static final Path MODULE = PRELUDE.resolve("lens.js");
    private static final Path UNIMPORTABLE = PRELUDE.resolve("unimportable");
    private static final String IMPORTABLE = "a script can import \"lens\" and files of its own folder (\"./name.js\")";

    /** A refused import: its target, and the reason. */
    record Refusal(String target, String reason) {}

    private final Path folder;
    private final ReadableFolders readable;
    private final Set<Path> opened = new LinkedHashSet<>();
    private final Map<Path, String> specifiers = new HashMap<>();    // of unimportable paths
    private Refusal refusal;
    private final byte[] module;
    private boolean preludeClosed;

    /**
     * @param folder   the script's folder, which exists
     * @param allowed  further folders that were opened with --allow-read
     * @param module   the text of "lens"
     */
    Jail(Path folder, List<Path> allowed, String module) throws IOException {
        this.folder = folder.toRealPath();
        List<Path> folders = new ArrayList<>(List.of(this.folder));
        folders.addAll(allowed);
        this.readable = ReadableFolders.of(folders);
        this.module = module.getBytes(StandardCharsets.UTF_8);
    }

    /** From now on scripts can import "lens" and none of the files behind it. */
    void closePrelude() {
        preludeClosed = true;
    }

    /** Notes the script itself, which nothing imports. */
    void script(Path file) { opened.add(file); }

    /** The script and the files it imported. */
    Set<Path> opened() { return Collections.unmodifiableSet(opened); }

    /** Returns the last refused import, or null. The engine's error does not have its place. */
    Refusal refusal() {
        return refusal;
    }

    /** Parses a path; gets the specifier itself if it is not relative. */
    @Override public Path parsePath(String path) {
        if (path.equals("lens")) return MODULE;
        Path parsed = Path.of(path);
        return path.isEmpty() || parsed.isAbsolute() ? parsed : unimportable(path);
    }

    @Override public Path parsePath(URI uri) {
        return "file".equals(uri.getScheme()) ? Path.of(uri) : unimportable(uri.toString());
    }

    /** Returns a path that is refused when it is looked up, where the exception becomes an Error of the script. */
    private Path unimportable(String specifier) {
        Path path = UNIMPORTABLE.resolve(String.valueOf(specifiers.size()));
        specifiers.put(path, specifier);
        return path;
    }

    @Override public Path toAbsolutePath(Path path) { return folder.resolve(path).normalize(); }

    @Override public Path toRealPath(Path path, LinkOption... options) throws IOException {
        String specifier = specifiers.get(path);
        if (specifier != null) throw refused(specifier, "cannot import \"" + specifier + "\": " + IMPORTABLE);
        return isPrelude(path) ? preludeFile(path) : permitted(path);
    }

    @Override public void checkAccess(Path path, Set<? extends AccessMode> modes, LinkOption... options)
            throws IOException {
        if (modes.contains(AccessMode.WRITE)) throw unwritable(path);
        toRealPath(path);
    }

    @Override public SeekableByteChannel newByteChannel(Path path, Set<? extends OpenOption> options,
            FileAttribute<?>... attributes) throws IOException {
        for (OpenOption option : options) if (option != StandardOpenOption.READ) throw unwritable(path);
        if (isPrelude(path)) return new Bytes(bytes(preludeFile(path)));
        Path real = permitted(path);
        if (!Files.isRegularFile(real)) throw missing(real, real + " is not a file");
        opened.add(real);
        return Files.newByteChannel(real, StandardOpenOption.READ);
    }

    @Override public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
            throws IOException {
        return Files.readAttributes(permitted(path), attributes, options);
    }

    @Override public void createDirectory(Path path, FileAttribute<?>... attributes) { throw unwritable(path); }

    @Override public void delete(Path path) { throw unwritable(path); }

    @Override public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter) {
        throw refused(path.toString(), path + " cannot be listed by a script");
    }

    /** The engine sets one at its start; relative paths here always start at the script's folder. */
    @Override public void setCurrentWorkingDirectory(Path path) {}

    private Path permitted(Path path) throws IOException {
        Path absolute = folder.resolve(path), lexical = absolute.normalize();
        Path real = ReadableFolders.destination(absolute);
        if (!readable.contain(real)) throw unreadable(lexical, readable.contain(lexical) ? real : lexical);
        if (!Files.exists(real)) throw missing(lexical, lexical + " does not exist" + nearest(lexical));
        return real;
    }

    private static String nearest(Path missing) throws IOException {
        if (!Files.isDirectory(missing.getParent())) return "";
        try (Stream<Path> files = Files.list(missing.getParent())) {
            List<String> scripts =
                    files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith("js")).toList();
            return scripts.isEmpty() ? ""
                    : "; nearest: " + String.join(", ", Nearest.to(missing.getFileName().toString(), scripts));
        }
    }

    /** @param real where the path leads, if that is the reason */
    private SecurityException unreadable(Path path, Path real) {
        String what = real.equals(path) ? path.toString() : path + ", which leads to " + real + ",";
        return refused(path.toString(),
                what + " cannot be read: " + IMPORTABLE + "; --allow-read " + real.getParent() + " would allow it");
    }

    private SecurityException unwritable(Path path) {
        return refused(path.toString(), path + " cannot be written by an import");
    }

    private SecurityException refused(String target, String reason) {
        refusal = new Refusal(target, reason);
        return new SecurityException(reason);
    }

    private NoSuchFileException missing(Path path, String reason) {
        refusal = new Refusal(path.toString(), reason);
        return new NoSuchFileException(reason);
    }

    private static boolean isPrelude(Path path) { return path.startsWith(PRELUDE); }

    // a refusal here is a SecurityException: after a NoSuchFileException the engine would look among the modules it has
    private Path preludeFile(Path path) {
        Path file = path.normalize();
        boolean known = file.startsWith(PRELUDE) && (file.equals(MODULE) || !preludeClosed);
        if (!known) throw refused(path.toString(), "cannot import \"" + path + "\": " + IMPORTABLE);
        return file;
    }

    private byte[] bytes(Path file) throws IOException {
        if (file.equals(MODULE)) return module;
        try (InputStream in = Jail.class.getResourceAsStream("/org/tornadolens/dsl/lens/" + file.getFileName())) {
            if (in == null) throw new NoSuchFileException(file.toString());
            return in.readAllBytes();
        }
    }

    /** A resource that is read as a file. */
    private static final class Bytes implements SeekableByteChannel {
        private final ByteBuffer bytes;
        private boolean open = true;

        Bytes(byte[] bytes) { this.bytes = ByteBuffer.wrap(bytes); }

        @Override public int read(ByteBuffer target) throws IOException {
            if (!open) throw new ClosedChannelException();
            if (!bytes.hasRemaining()) return -1;
            int count = Math.min(bytes.remaining(), target.remaining());
            target.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
            return count;
        }

        @Override public long position() { return bytes.position(); }

        @Override public SeekableByteChannel position(long position) {
            bytes.position((int) Math.min(position, bytes.limit()));
            return this;
        }

        @Override public long size() { return bytes.limit(); }

        @Override public int write(ByteBuffer source) { throw new NonWritableChannelException(); }

        @Override public SeekableByteChannel truncate(long size) { throw new NonWritableChannelException(); }

        @Override public boolean isOpen() { return open; }

        @Override public void close() { open = false; }
    }
}
