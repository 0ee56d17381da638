package org.tornadolens.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files that are mapped. One that becomes shorter has no memory behind its end, where reading then fails. */
final class OpenFiles {

    /** @param scope reachable for as long as a part of the mapping is */
    private record Open(Path path, long size, WeakReference<MemorySegment.Scope> scope) {}

    private static final List<Open> FILES = new ArrayList<>();

    private OpenFiles() {}

    static synchronized void add(Path path, MemorySegment data) {
        FILES.removeIf(open -> open.scope.get() == null);
        FILES.add(new Open(path.toAbsolutePath(), data.byteSize(), new WeakReference<>(data.scope())));
    }

    /** Returns what is wrong with the first file that is shorter now than when it was mapped. */
    static synchronized Optional<CheckpointException> cutShort() {
        for (Open open : FILES) {
            if (open.scope.get() == null) continue;
            try {
                long now = Files.exists(open.path) ? Files.size(open.path) : open.size;
                if (now < open.size)
                    return Optional.of(new CheckpointException(open.path, "was cut short while it was in use: it had "
                            + open.size + " bytes and has " + now + "; restore it and start again"));
            } catch (IOException _) {
                continue;   // it is not this file that can be told about
            }
        }
        return Optional.empty();
    }
}
