package org.tornadolens.dsl.cli;

import java.io.FileDescriptor;
import java.lang.reflect.Constructor;

/**
 * Finds the real stderr. The launcher keeps Java's own warnings off the terminal: it gives Java a file as stderr and
 * the real one under another number. Java has no public way to write to a descriptor by number, so the launcher opens
 * {@code java.io} for it.
 */
final class StandardError {

    private StandardError() {}

    static FileDescriptor descriptor() {
        Integer number = Integer.getInteger("tornadolens.stderr.descriptor");
        if (number == null) return FileDescriptor.err;
        try {
            Constructor<FileDescriptor> numbered = FileDescriptor.class.getDeclaredConstructor(int.class);
            numbered.setAccessible(true);
            return numbered.newInstance(number);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "this Java cannot write to descriptor " + number + "; start it through ./lens", e);
        }
    }
}
