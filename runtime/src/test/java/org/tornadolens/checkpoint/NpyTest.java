package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.tornadolens.checkpoint.Tampered.assertRefused;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Reads .npy files written by NumPy (golden/make_checkpoints.py) and by this project. */
class NpyTest {

    @TempDir Path folder;

    private static Path array(String name) { return Resources.path("/checkpoints/array-" + name + ".npy"); }

    @ParameterizedTest
    @ValueSource(strings = {"f8", "f2", "fortran"}) void everyFloatTypeAndOrderGivesTheSameValues(String name) {
        assertEquals(Shape.of("axis0", 3, "axis1", 4, "axis2", 2), Npy.read(array(name)).shape());
        assertArrayEquals((float[][][]) Npy.read(array("f4")).toArray(), (float[][][]) Npy.read(array(name)).toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"i4", "i8"}) void integersAreRead(String name) {
        assertArrayEquals((float[][][]) Npy.read(array("f4")).mul(64).toArray(),
                (float[][][]) Npy.read(array(name)).toArray());
    }

    @Test void anyNumberOfAxesIsRead() {
        assertEquals(2.5f, Npy.read(array("scalar")).item());
        assertArrayEquals(((float[][][]) Npy.read(array("f4")).transpose("axis0", "axis2", "axis1").toArray())[0][0],
                (float[]) Npy.read(array("vector")).toArray());
        assertEquals(Shape.of("axis0", 0, "axis1", 3), Npy.read(array("empty")).shape());
    }

    @Test void whatNumPyWroteIsWrittenByteForByteButForSpaces() {
        for (String name : new String[]{"f4", "vector", "scalar"}) {
            Path file = folder.resolve(name + ".npy");
            Npy.write(file, Npy.read(array(name)));
            assertEquals(withoutSpaces(array(name)), withoutSpaces(file));
        }
    }

    // NumPy writes (3, 4, 2) and pads the header so that the shape can grow
    private static String withoutSpaces(Path file) {
        return new String(Tampered.read(file), StandardCharsets.ISO_8859_1).replaceAll("[ \n]+", "").replace(",)", ")");
    }

    @Test void aViewIsWrittenInItsOwnOrder() {
        Path file = folder.resolve("x.npy");
        Npy.write(file, Tensor.of(Shape.of("pos", 2, "dHead", 3), 1, 2, 3, 4, 5, 6).transpose("dHead", "pos"));
        assertArrayEquals(new float[][]{{1, 4}, {2, 5}, {3, 6}}, (float[][]) Npy.read(file).toArray());
    }

    @Test void whatCannotBeReadSaysWhy() {
        assertRefused("array-big.npy: its type >f4 is not supported; [<f2, <f4", () -> Npy.read(array("big")));
        assertRefused("its type <c8 is not supported", () -> Npy.read(array("complex")));
        assertRefused("is not a .npy file", () -> Npy.read(Resources.path("/checkpoints/f16.gguf")));
        Path cut = Tampered.copy("array-f4.npy", folder);
        Tampered.write(cut, Arrays.copyOf(Tampered.read(cut), 200));
        assertRefused("holds 72 bytes where <f4 [3, 4, 2] takes 96", () -> Npy.read(cut));
    }
}
