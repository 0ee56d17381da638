package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/** Reads and writes safetensors files of named tensors. */
class SafetensorsTest {

    @TempDir Path folder;

    @Test void integersOfAFileThatPythonWroteAreRead() {
        Safetensors golden = Safetensors.open(Resources.path("/golden/left-padded/golden.safetensors"));
        Tensor padding = golden.tensor("padding");
        assertEquals(Shape.of("axis0", 3), padding.shape());
        assertArrayEquals(new float[]{0, 3, 6}, (float[]) padding.toArray());
    }

    @Test void whatWasWrittenIsReadBackWithItsAxes() {
        Path file = folder.resolve("x.safetensors");
        Tensor z = Tensor.of(Shape.of("batch", 1, "pos", 2, "dHead", 3), 1, 2, 3, 4, 5, Float.NaN);
        new SafetensorsWriter().add("z", z).add("scalar", Tensor.scalar(7)).metadata("model", "héads").write(file);
        Safetensors read = Safetensors.open(file);
        assertEquals(Set.of("z", "scalar"), read.names());
        assertEquals("héads", read.metadata().get("model"));
        assertEquals(z.shape(), read.tensor("z").shape());
        assertArrayEquals((float[][][]) z.toArray(), (float[][][]) read.tensor("z").toArray());
        assertEquals(7, read.tensor("scalar").item());
    }

    @Test void aViewIsWrittenInItsOwnOrder() {
        Path file = folder.resolve("x.safetensors");
        Tensor view = Tensor.of(Shape.of("pos", 2, "dHead", 3), 1, 2, 3, 4, 5, 6).transpose("dHead", "pos");
        new SafetensorsWriter().add("t", view).write(file);
        assertArrayEquals(new float[][]{{1, 4}, {2, 5}, {3, 6}},
                (float[][]) Safetensors.open(file).tensor("t").toArray());
    }

    @Test void tensorsBeginAtAMultipleOfAVectorsWidth() throws IOException {
        Path file = folder.resolve("x.safetensors");
        new SafetensorsWriter().add("t", Tensor.scalar(1)).write(file);
        assertEquals(0, (Files.size(file) - 4) % 64);
    }

    @Test void weightsOfEveryFormatAreWrittenInCanonicalOrder() {
        for (String name : List.of("meta-bf16", "f16.gguf", "v0-separate.bin", "quantised.gguf")) {
            Checkpoint checkpoint = Checkpoints.open(Resources.path("/checkpoints/" + name));
            Path file = folder.resolve(name + ".safetensors");
            SafetensorsWriter writer = new SafetensorsWriter();
            for (String each : checkpoint.weights().names()) writer.add(each, checkpoint.weights().get(each));
            writer.write(file);
            Map<String, StoredTensor> read = Safetensors.open(file).tensors();
            for (String each : checkpoint.weights().names()) assertSame(checkpoint.weights().get(each), read.get(each));
        }
    }

    private static void assertSame(Weight weight, StoredTensor stored) {
        assertEquals(weight.type().quantised() ? DType.F32.name() : weight.type().name(), stored.type());
        assertEquals(weight.rows() == 1 ? 1 : 2, stored.shape().size());
        Weight read = new Weight(weight.name(), DType.named(stored.type()).orElseThrow(), weight.rows(),
                weight.columns(), stored.data());
        for (int row = 0; row < weight.rows(); row++) {
            for (int column = 0; column < weight.columns(); column++)
                assertEquals(weight.get(row, column), read.get(row, column), weight.name());
        }
    }

    @Test void aNameThatIsNotThereGetsThoseThatAre() {
        Path file = folder.resolve("x.safetensors");
        new SafetensorsWriter().add("t", Tensor.scalar(1)).write(file);
        Tampered.assertRefused("tensor u: is missing; the file has t", () -> Safetensors.open(file).tensor("u"));
    }

    @Test void twoTensorsOfOneNameAreRefused() {
        SafetensorsWriter writer = new SafetensorsWriter().add("t", Tensor.scalar(1));
        assertThrows(IllegalArgumentException.class, () -> writer.add("t", Tensor.scalar(2)));
    }

    @Test void aFileIsWrittenWholeOrNotAtAll() throws IOException {
        Path file = folder.resolve("x.safetensors");
        new SafetensorsWriter().add("t", Tensor.scalar(1)).write(file);
        Path occupied = Files.createDirectories(folder.resolve("y.safetensors").resolve("occupied")).getParent();
        for (Path no : List.of(occupied, folder.resolve("nowhere/z.safetensors"))) {
            String message = assertThrows(UncheckedIOException.class,
                    () -> new SafetensorsWriter().add("t", Tensor.scalar(2)).write(no)).getCause().getMessage();
            assertTrue(message.startsWith(no + ": cannot be written: "), message);
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(Set.of(file, occupied), Set.copyOf(left.toList()));
        }
        assertEquals(1, Safetensors.open(file).tensor("t").item());
    }

    /** Between two chunks, and within a channel, which then closes itself. */
    @Test void anInterruptEndsAFileAndLeavesNothing() throws IOException {
        List<AtomicFile.Content> contents = List.of(
                channel -> AtomicFile.writeAll(channel, ByteBuffer.allocate(8)),
                channel -> channel.write(ByteBuffer.allocate(8)));
        for (AtomicFile.Content content : contents) {
            assertThrows(CancellationException.class, () -> AtomicFile.write(folder.resolve("x"), channel -> {
                Thread.currentThread().interrupt();
                content.writeTo(channel);
            }));
            assertTrue(Thread.interrupted(), "the thread stays interrupted");
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test void unsignedIntegersOf64BitsAreRounded() {
        Path file = Tampered.safetensors(folder.resolve("x.safetensors"),
                "{\"a\":{\"dtype\":\"U64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8);
        byte[] bytes = Tampered.read(file);
        java.util.Arrays.fill(bytes, bytes.length - 8, bytes.length, (byte) 0xff);
        Tampered.write(file, bytes);
        assertEquals(0x1p64f, Safetensors.open(file).tensor("a").item());
        assertTrue(Safetensors.open(file).metadata().isEmpty());
    }
}
