package org.tornadolens.backend.cpu.product;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;

/**
 * Makes copies of a kernel's class: hidden classes of the same bytes, each with its own object that the compiler treats
 * as a constant. A loop written once is then compiled once for each object, as if written for it alone: calls on the
 * object are inlined, and vectors stay in registers, which they do not across calls that the compiler cannot resolve.
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

    /** Returns the constant of the copy whose static initialiser calls this. */
    static <T> T constant(MethodHandles.Lookup copy, Class<T> type) {
        try {
            return MethodHandles.classData(copy, ConstantDescs.DEFAULT_NAME, type);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
