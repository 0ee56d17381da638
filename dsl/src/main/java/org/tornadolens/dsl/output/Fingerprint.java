package org.tornadolens.dsl.output;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The hash of the bytes a run used: of a file its SHA-256, of a folder that of the output of {@code sha256sum *}.
 * A model larger than {@link #LARGE} is not read through: of each file, the SHA-256 covers the first and last MiB and
 * the size in decimal digits, and the result is recorded as {@code sample} instead of {@code sha256}.
 */
public record Fingerprint(String kind, String hex) {

    static final long LARGE = 1L << 30;
    private static final int END = 1 << 20;

    public static Fingerprint of(byte[] content) { return new Fingerprint("sha256", hex(digest().digest(content))); }

    /** Returns the hash of a file, or of the files of a folder. */
    public static Fingerprint of(Path path) throws IOException {
        List<Path> files = Files.isDirectory(path) ? visibleFiles(path) : List.of(path);
        long bytes = 0;
        for (Path file : files) bytes += Files.size(file);
        boolean sampled = bytes > LARGE;
        String kind = sampled ? "sample" : "sha256";
        if (!Files.isDirectory(path)) return new Fingerprint(kind, sampled ? sample(path) : whole(path));
        MessageDigest listing = digest();
        for (Path file : files) {
            String line = (sampled ? sample(file) : whole(file)) + "  " + file.getFileName() + "\n";
            listing.update(line.getBytes(StandardCharsets.UTF_8));
        }
        return new Fingerprint(kind, hex(listing.digest()));
    }

    /** Returns the hash, with the time of the last change where not all bytes are in the hash. */
    String strict(Path path) throws IOException {
        if (!kind.equals("sample")) return hex;
        long latest = 0;
        for (Path file : Files.isDirectory(path) ? visibleFiles(path) : List.of(path))
            latest = Math.max(latest, Files.getLastModifiedTime(file).toMillis());
        return hex + " of " + latest;
    }

    private static List<Path> visibleFiles(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> Files.isRegularFile(file) && !file.getFileName().toString().startsWith("."))
                    .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString())).toList();
        }
    }

    private static String whole(Path file) throws IOException {
        MessageDigest digest = digest();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 18];
            for (int count; (count = in.read(buffer)) >= 0;) digest.update(buffer, 0, count);
        }
        return hex(digest.digest());
    }

    private static String sample(Path file) throws IOException {
        MessageDigest digest = digest();
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            digest.update(read(channel, 0, (int) Math.min(END, size)));
            digest.update(read(channel, Math.max(0, size - END), (int) Math.min(END, size)));
            digest.update(Long.toString(size).getBytes(StandardCharsets.US_ASCII));
        }
        return hex(digest.digest());
    }

    private static ByteBuffer read(FileChannel channel, long position, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) { if (channel.read(buffer, position + buffer.position()) < 0) break; }
        return buffer.flip();
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String hex(byte[] bytes) { return HexFormat.of().formatHex(bytes); }
}
