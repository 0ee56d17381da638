package org.tornadolens.memory;

import java.util.Locale;

/** A run that does not fit into memory and is refused before anything is allocated. */
public final class MemoryException extends RuntimeException {

    public MemoryException(String what, long needed, long available, String remedy) {
        super(what + " needs " + text(needed) + ", and " + text(available) + " is free; " + remedy);
    }

    /** Formats bytes in the most readable unit. */
    public static String text(long bytes) {
        if (bytes >= 1L << 30) return String.format(Locale.ROOT, "%.1f GB", bytes / (double) (1L << 30));
        if (bytes >= 1L << 20) return String.format(Locale.ROOT, "%.1f MB", bytes / (double) (1L << 20));
        return String.format(Locale.ROOT, "%.1f KB", bytes / 1024.0);
    }
}
