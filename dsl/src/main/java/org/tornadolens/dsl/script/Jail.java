package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.graalvm.polyglot.io.FileSystem;

/**
 * All of the file system that a script's imports can see: the module "lens", whose files are resources of ours under
 * the imaginary folder {@link #PRELUDE}, and regular files below the folders it may read. Paths are judged by where
 * they really lead, so neither {@code ..} nor a symbolic link leads out. Nothing can be written, listed or deleted.
 */
final class Jail implements FileSystem {

    /** Where the module's own files seem to lie; no file of the machine is ever looked up there. */
    static final Path PRELUDE = Path.of("/lens:");

    private static final Path MODULE = PRELUDE.resolve("lens.js");

    private final Path folder;
    private final List<Path> readable;
    private boolean preludeClosed;

    /**
     * @param folder   the script's folder, an existing one
     * @param allowed  further folders that were opened with --allow-read
     */
    Jail(Path folder, List<Path> allowed) throws IOException {
        this.folder = folder.toRealPath();
        List<Path> real = new java.util.ArrayList<>(List.of(this.folder));
        for (Path path : allowed) real.add(path.toRealPath());
        this.readable = List.copyOf(real);
    }

    /** From now on scripts can import "lens" and none of the files behind it. */
    void closePrelude() { preludeClosed = true; }

    @Override public Path parsePath(String path) {
        if (path.equals("lens")) return MODULE;
        return Path.of(path);
    }

    @Override public Path parsePath(URI uri) {
        if ("file".equals(uri.getScheme())) return Path.of(uri);
        throw new SecurityException("cannot import \"" + uri + "\": " + importable());
    }

    @Override public Path toAbsolutePath(Path path) { return folder.resolve(path).normalize(); }

    @Override public Path toRealPath(Path path, LinkOption... options) throws IOException {
        if (isPrelude(path)) return preludeFile(path);
        return permitted(path);
    }

    @Override public void checkAccess(Path path, Set<? extends AccessMode> modes, LinkOption... options) throws IOException {
        if (modes.contains(AccessMode.WRITE)) throw refused(path, "written");
        toRealPath(path);
    }

    @Override public SeekableByteChannel newByteChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        for (OpenOption option : options) if (option != StandardOpenOption.READ) throw refused(path, "written");
        if (isPrelude(path)) return new Bytes(resource(preludeFile(path)));
        Path real = permitted(path);
        if (!Files.isRegularFile(real)) throw new NoSuchFileException(path + " is not a file");
        return Files.newByteChannel(real, StandardOpenOption.READ);
    }

    @Override public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) throws IOException {
        return Files.readAttributes(permitted(path), attributes, options);
    }

    @Override public void createDirectory(Path path, FileAttribute<?>... attributes) { throw refused(path, "created"); }

    @Override public void delete(Path path) { throw refused(path, "deleted"); }

    @Override public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter) { throw refused(path, "listed"); }

    /** The engine sets one at its start; relative paths here always start at the script's folder. */
    @Override public void setCurrentWorkingDirectory(Path path) {}

    private Path permitted(Path path) throws IOException {
        Path absolute = folder.resolve(path);
        Path real;
        try {
            real = absolute.toRealPath();
        } catch (NoSuchFileException missing) {
            // whether a file outside exists is nothing a script may find out
            if (within(absolute.normalize())) throw new NoSuchFileException(absolute.normalize() + " does not exist" + bareHint(path));
            throw refused(path, "read");
        }
        if (!within(real)) throw refused(path, "read");
        return real;
    }

    private boolean within(Path path) { return readable.stream().anyMatch(path::startsWith); }

    private String bareHint(Path path) {
        return path.isAbsolute() ? "" : "; " + importable();
    }

    private String importable() { return "a script can import \"lens\" and files of its own folder (\"./name.js\")"; }

    private SecurityException refused(Path path, String verb) {
        Path target = folder.resolve(path).normalize();
        String remedy = verb.equals("read") ? "; --allow-read " + target.getParent() + " would allow it" : "";
        return new SecurityException(target + " cannot be " + verb + ": " + importable() + remedy);
    }

    private static boolean isPrelude(Path path) { return path.startsWith(PRELUDE); }

    // a refusal here is a SecurityException: after a NoSuchFileException the engine would look among the modules it has
    private Path preludeFile(Path path) {
        Path file = path.normalize();
        boolean known = file.startsWith(PRELUDE) && (file.equals(MODULE) || !preludeClosed);
        if (!known) throw new SecurityException("cannot import \"" + path + "\": " + importable());
        return file;
    }

    private static byte[] resource(Path file) throws IOException {
        try (InputStream in = Jail.class.getResourceAsStream("/org/tornadolens/dsl/lens/" + file.getFileName())) {
            if (in == null) throw new NoSuchFileException(file.toString());
            return in.readAllBytes();
        }
    }

    /** A resource read as a file. */
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
