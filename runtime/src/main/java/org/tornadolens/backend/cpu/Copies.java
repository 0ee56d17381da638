package org.tornadolens.backend.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;

/**
 * Makes copies of a kernel's class: hidden classes of the same bytes, each with an object of its own that the compiler
 * takes for a constant. A loop that is written once is compiled once for each, as if it had been written for that object
 * alone: what it calls on the object is inlined, and vectors stay in registers, which they do not across calls that the
 * compiler cannot resolve.
 */
final class Copies {

    private Copies() {}

    /** Returns an object of a new copy of the class {@code template} of this package. */
    static <T> T of(Class<T> kind, String template, Object constant) {
        try (InputStream bytes = Copies.class.getResourceAsStream(template + ".class")) {
            MethodHandles.Lookup copy =
                    MethodHandles.lookup().defineHiddenClassWithClassData(bytes.readAllBytes(), constant, true);
            return kind.cast(copy.lookupClass().getDeclaredConstructor().newInstance());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the constant of the copy that calls this; for its static initialiser. */
    static <T> T constant(MethodHandles.Lookup copy, Class<T> type) {
        try {
            return MethodHandles.classData(copy, ConstantDescs.DEFAULT_NAME, type);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
