package org.tornadolens.files;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A folder that only this user can read and that does not outlive its process: one whose process was killed is removed
 * by the next process that makes one beside it.
 */
public final class TemporaryFolder implements AutoCloseable {

    private final Claim claim;
    private final Path path;

    private TemporaryFolder(Claim claim, Path path) {
        this.claim = claim;
        this.path = path;
    }

    /** Makes a folder {@code .tornadolens.TOKEN.tmp} in {@code parent}, which exists. */
    public static TemporaryFolder in(Path parent) throws IOException {
        Claim claim = Claim.unique(parent.resolve("tornadolens"));
        Path path = claim.sibling(Claim.TEMPORARY);
        try {
            boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
            Files.createDirectory(path, posix
                    ? new FileAttribute<?>[]{
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))}
                    : new FileAttribute<?>[0]);
            return new TemporaryFolder(claim, path);
        } catch (IOException | RuntimeException e) {
            claim.close();
            throw e;
        }
    }

    /** Makes a folder in the system's folder for temporary files. */
    public static TemporaryFolder create() throws IOException {
        return in(Path.of(System.getProperty("java.io.tmpdir")));
    }

    public Path path() { return path; }

    /** Keeps the folder until the process ends. */
    public TemporaryFolder untilExit() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        return this;
    }

    @Override public void close() { claim.close(); }
}
