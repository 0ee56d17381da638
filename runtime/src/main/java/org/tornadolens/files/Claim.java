package org.tornadolens.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;

/**
 * The right to write a file or a folder. It is a file {@code .NAME.TOKEN.lock} beside it, on which its owner holds a
 * lock of the operating system. The token is random, so that it means the same to processes in different containers,
 * whose process ids do not; the system ends the lock with the process, however that ends. What the owner has not
 * finished carries the same token ({@link #sibling}): whoever next claims something in the same folder removes it.
 *
 * <p>To claim, a process creates and locks a file of its own and then looks for others of the same name. If another one
 * is locked, it withdraws: two that start together may both withdraw and try again, but never both go on.
 */
public final class Claim implements AutoCloseable {

    /** What an owner keeps beside its target while it works. */
    public static final String TEMPORARY = "tmp", PARTIAL = "part";
    /** The earlier content of a target that is being replaced. */
    public static final String OLD = "old";

    private static final String LOCK = "lock";
    private static final Pattern NAME = Pattern.compile("\\.(.+)\\.([0-9a-f]{16})\\." + LOCK);
    private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;      // beyond the text, which others may read
    private static final int MOST_TEXT = 500;
    private static final Duration STARTING = Duration.ofSeconds(5);  // how long two that start together try again
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The lock files of this process: to open and close one of them again would end its lock. */
    private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

    private final Path target;
    private final String token;
    private final Path lock;
    private final List<Path> created;
    private final FileChannel channel;

    private Claim(Path target, String token, Path lock, List<Path> created, FileChannel channel) {
        this.target = target;
        this.token = token;
        this.lock = lock;
        this.created = created;
        this.channel = channel;
    }

    /**
     * Claims a file or folder, which need not exist.
     *
     * @param patience how long to wait for another owner
     * @param remedy   what to do about another owner, for the message
     * @throws UsageException that names the other owner
     */
    public static Claim of(Path target, Duration patience, String remedy) throws IOException {
        long start = System.nanoTime();
        while (true) {
            Claim claim = started(target.toAbsolutePath().normalize());
            Optional<Path> other;
            try {
                other = claim.other();
                if (other.isEmpty()) {
                    claim.write(Owner.text());
                    claim.removeLeftovers();
                    return claim;
                }
            } catch (IOException | RuntimeException e) {
                claim.close();
                throw e;
            }
            String owner = text(other.get());
            claim.close();
            long most = (owner.isEmpty() ? STARTING : patience).toNanos();
            if (System.nanoTime() - start > most)
                throw new UsageException(target + " is in use by "
                        + (owner.isEmpty() ? "another process" : owner) + "; " + remedy);
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(5_000_000, 60_000_000));
            Interruption.check();
        }
    }

    /** Claims a name that nobody else has: only what dead owners of such names left is removed. */
    static Claim unique(Path target) throws IOException {
        Claim claim = started(target.toAbsolutePath().normalize());
        claim.other();
        return claim;
    }

    /** Returns a name beside the target that is this owner's alone: {@code .NAME.TOKEN.KIND}. */
    public Path sibling(String kind) {
        return sibling(target, token, kind);
    }

    private static Path sibling(Path target, String token, String kind) {
        return target.resolveSibling("." + target.getFileName() + "." + token + "." + kind);
    }

    /** Gives the target free. What the owner keeps beside it is removed. */
    @Override public void close() {
        try {
            for (String kind : List.of(TEMPORARY, PARTIAL)) Trees.delete(sibling(kind));
            Files.deleteIfExists(lock);   // before the lock ends: nobody who waits for it takes the file for a claim
        } catch (IOException e) {
            throw new UncheckedIOException(lock + " cannot be removed", e);
        } finally {
            unlock();
            for (Path folder : created.reversed()) if (!folder.toFile().delete()) break;   // unless it is in use
        }
    }

    private void unlock() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            OURS.remove(lock);
        }
    }

    // ---- to begin

    private static Claim started(Path target) throws IOException {
        if (target.getFileName() == null) throw new UsageException(target + " cannot be written");
        List<Path> created = new ArrayList<>();
        for (Path folder = target.getParent(); folder != null && !Files.exists(folder); folder = folder.getParent())
            created.addFirst(folder);
        while (true) {
            Files.createDirectories(target.getParent());
            // links in the folder's path are resolved, so that this process recognises its own files
            Path real = target.getParent().toRealPath().resolve(target.getFileName());
            String token = HexFormat.of().toHexDigits(RANDOM.nextLong());
            Path lock = sibling(real, token, LOCK);
            OURS.add(lock);
            FileChannel channel = null;
            boolean claimed = false;
            try {
                channel = FileChannel.open(lock, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                // one that looks for the files of dead owners may hold the lock, and remove the file
                claimed = channel.tryLock(LOCKED_BYTE, 1, false) != null && Files.exists(lock);
                if (claimed) return new Claim(real, token, lock, created, channel);
                Files.deleteIfExists(lock);
            } catch (NoSuchFileException e) {
                // another owner made the folder and has removed it just now
            } finally {
                if (!claimed) {
                    if (channel != null) channel.close();
                    OURS.remove(lock);
                }
            }
        }
    }

    private void write(String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    /** Returns what another owner says of itself; empty if it has only started, or has ended. */
    private static String text(Path lock) {
        try {
            byte[] bytes = new byte[MOST_TEXT];
            int count;
            if (OURS.contains(lock)) return Owner.text();
            try (var in = Files.newInputStream(lock, LinkOption.NOFOLLOW_LINKS)) {
                count = in.readNBytes(bytes, 0, bytes.length);
            }
            return new String(bytes, 0, count, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", " ").strip();
        } catch (IOException e) {
            return "";
        }
    }

    // ---- the others

    /** Returns the lock file of another owner of this target, and removes what dead owners of any target left. */
    private Optional<Path> other() throws IOException {
        Optional<Path> other = Optional.empty();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(target.getParent(), ".*." + LOCK)) {
            for (Path found : all) {
                Matcher matcher = NAME.matcher(found.getFileName().toString());
                if (found.equals(lock) || !matcher.matches()) continue;
                boolean same = matcher.group(1).equals(target.getFileName().toString());
                if (lives(found) && same) other = Optional.of(found);
            }
        }
        return other;
    }

    /** Returns whether the owner of a lock file lives; what a dead one left is removed, if this user may. */
    private boolean lives(Path found) throws IOException {
        if (OURS.contains(found)) return true;
        if (!Files.isRegularFile(found, LinkOption.NOFOLLOW_LINKS)) return false;
        try (FileChannel channel = FileChannel.open(found, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            // a shared lock is refused while the owner has its own, and needs no right to write
            if (channel.tryLock(LOCKED_BYTE, 1, true) == null) return true;
            if (Files.getOwner(found).equals(Files.getOwner(lock))) removeOf(found);
            return false;
        } catch (NoSuchFileException e) {
            return false;
        } catch (AccessDeniedException e) {
            return true;
        }
    }

    private void removeOf(Path found) throws IOException {
        Matcher matcher = NAME.matcher(found.getFileName().toString());
        if (!matcher.matches()) return;
        Path owned = found.resolveSibling(matcher.group(1));
        for (String kind : List.of(TEMPORARY, PARTIAL)) Trees.delete(sibling(owned, matcher.group(2), kind));
        // what it was replacing is put back only by one who has claimed the same target
        boolean left = Files.exists(sibling(owned, matcher.group(2), OLD), LinkOption.NOFOLLOW_LINKS);
        if (!left) Files.deleteIfExists(found);
    }

    /** Removes what dead owners of this target left, now that it has no other; puts back what they were replacing. */
    private void removeLeftovers() throws IOException {
        Pattern left = Pattern.compile(Pattern.quote("." + target.getFileName() + ".") + "([0-9a-f]{16})\\.("
                + String.join("|", TEMPORARY, PARTIAL, OLD, LOCK) + ")");
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(target.getParent(), ".*")) {
            for (Path file : all) {
                Matcher matcher = left.matcher(file.getFileName().toString());
                if (matcher.matches() && !matcher.group(1).equals(token)) found.add(file);
            }
        }
        for (Path file : found) {
            String name = file.getFileName().toString();
            if (name.endsWith("." + OLD) && !Files.exists(target, LinkOption.NOFOLLOW_LINKS)) Files.move(file, target);
            else if (!name.endsWith("." + LOCK)) Trees.delete(file);
        }
        for (Path file : found)
            if (file.getFileName().toString().endsWith("." + LOCK) && !OURS.contains(file)) lives(file);
    }
}
