package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import static org.tornadolens.checkpoint.Tampered.assertRefused;
import static org.tornadolens.checkpoint.Tampered.copy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.architecture.Configuration;

/** Damaged GGUF files. */
class BadGgufTest {

    private static final int TYPE = 4;   // bytes of the type between a key and its value

    @TempDir Path folder;
    private Path file;
    private byte[] bytes;

    @BeforeEach void aGoodFile() {
        file = copy("f16.gguf", folder);
        bytes = Tampered.read(file);
    }

    private Path changed(int at, Consumer<ByteBuffer> change) {
        change.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(at));
        return Tampered.write(file, bytes);
    }

    /** Returns the position after the only occurrence of a length-prefixed name. */
    private int after(String name) {
        ByteBuffer prefixed = ByteBuffer.allocate(8 + name.length()).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(name.length()).put(name.getBytes(StandardCharsets.UTF_8));
        int at = new String(bytes, StandardCharsets.ISO_8859_1)
                .indexOf(new String(prefixed.array(), StandardCharsets.ISO_8859_1));
        if (at < 0) throw new IllegalArgumentException(name);
        return at + prefixed.capacity();
    }

    private Path value(String key, int value) { return changed(after(key) + TYPE, b -> b.putInt(value)); }

    @Test void aScalingFactorWithoutATypeIsLinear() {
        Configuration linear = Checkpoints.open(file).configuration();
        assertInstanceOf(RopeScaling.Linear.class, linear.ropeScaling());
        Path untyped = changed(after("llama.rope.scaling.type") - 1, b -> b.put((byte) 'X'));
        assertEquals(linear, Checkpoints.open(untyped).configuration());
    }

    /** On disk such a file has a few thousand bytes. */
    @Test void anArrayAsLongAsAFileWithAHoleIsRefusedAtOnce() throws IOException {
        for (int type : new int[]{8, 9}) {
            long size = 64L << 30;
            ByteBuffer head = ByteBuffer.allocate(49).order(ByteOrder.LITTLE_ENDIAN);
            head.put("GGUF".getBytes(StandardCharsets.UTF_8)).putInt(3).putLong(0).putLong(1).putLong(1).put((byte) 'k')
                    .putInt(9).putInt(type).putLong((size - 49) / 12);
            try (RandomAccessFile hole = new RandomAccessFile(Tampered.write(file, head.array()).toFile(), "rw")) {
                hole.setLength(size);
            }
            long began = System.nanoTime();
            assertRefused("has arrays of more than 4194304 elements, more than any vocabulary", file);
            assertTrue(System.nanoTime() - began < 1_000_000_000L);
        }
    }

    @Test void aFileThatIsNotGgufIsRefused() {
        assertRefused("is not a GGUF file", changed(0, b -> b.put((byte) 'X')));
    }

    @Test void otherVersionsAreRefused() {
        assertRefused("has GGUF version 1; only 2 and 3 are supported", changed(4, b -> b.putInt(1)));
        assertRefused("is a big-endian GGUF file", changed(4, b -> b.putInt(Integer.reverseBytes(3))));
    }

    @Test void countsBeyondTheFileAreNotAllocated() {
        assertRefused("9223372036854775807 tensors at byte 16 exceed the rest of the file",
                changed(8, b -> b.putLong(Long.MAX_VALUE)));
        assertRefused("18446744073709551615 keys", changed(8, b -> b.putLong(1).putLong(-1)));
    }

    @Test void aStringLongerThanTheFileIsNotAllocated() {
        assertRefused("1099511627776 bytes of text at byte 32 exceed the rest of the file",
                changed(24, b -> b.putLong(1L << 40)));
    }

    @Test void unsupportedArchitecturesAreNamed() {
        assertRefused("general.architecture is \"llamb\", which is not supported; \"llama\"",
                changed(after("general.architecture") + TYPE + 8 + 4, b -> b.put((byte) 'b')));
    }

    @Test void unsupportedScalingIsNamed() {
        assertRefused("llama.rope.scaling.type is \"lineax\"; only none, linear",
                changed(after("llama.rope.scaling.type") + TYPE + 8 + 5, b -> b.put((byte) 'x')));
    }

    @Test void valuesOfAnUnknownTypeAreRefused() {
        assertRefused("has a value of unknown type 77", changed(after("llama.block_count"), b -> b.putInt(77)));
    }

    @Test void shapesThatDisagreeWithTheConfigurationGiveBoth() {
        assertRefused("tensor token_embd.weight: its shape is [24, 16] where the configuration asks for [24, 20]",
                changed(after("llama.embedding_length") + TYPE, b -> b.putInt(20)));
    }

    @Test void layersThatAreNotThereAreMissing() {
        assertRefused("tensor blk.2.attn_norm.weight: is missing", value("llama.block_count", 3));
        assertRefused("tensor blk.2.attn_norm.weight: is missing", value("llama.block_count", Integer.MAX_VALUE));
        assertRefused("llama.block_count is 4294967295; it must be a whole number within 32 bits",
                value("llama.block_count", -1));
    }

    @Test void anUnsupportedTensorTypeIsNamed() {
        int type = after("blk.1.attn_v.weight") + 4 + 2 * 8;
        assertRefused("tensor blk.1.attn_v.weight: its type IQ1_S is not supported; [F32, F16",
                changed(type, b -> b.putInt(19)));
        assertRefused("tensor blk.1.attn_v.weight: its type number 99 is not supported",
                changed(type, b -> b.putInt(99)));
    }

    @Test void rowsFillWholeBlocks() {
        assertRefused("tensor blk.1.attn_v.weight: its rows of 16 do not fill whole Q8_0 blocks of 32",
                changed(after("blk.1.attn_v.weight") + 4 + 2 * 8, b -> b.putInt(8)));
    }

    @Test void sizesThatOverflowAreRefused() {
        assertRefused("is larger than any file",
                changed(after("blk.1.attn_v.weight") + 4, b -> b.putLong(1L << 62).putLong(1L << 62)));
        assertRefused("has 4294967295 dimensions", changed(after("blk.1.attn_v.weight"), b -> b.putInt(-1)));
    }

    @Test void overlappingTensorsAreRefused() {
        assertRefused("overlaps the tensor before it",
                changed(after("blk.1.attn_v.weight") + 4 + 2 * 8 + 4, b -> b.putLong(0)));
        assertRefused("is not a multiple of the alignment 32",
                changed(after("blk.1.attn_v.weight") + 4 + 2 * 8 + 4, b -> b.putLong(7)));
    }

    @Test void aFileCutShortNamesTheTensorThatEndsBeyondIt() {
        assertRefused("tensor output.weight: is cut short",
                Tampered.write(file, Arrays.copyOf(bytes, bytes.length - 100)));
        assertRefused("is cut short", Tampered.write(file, Arrays.copyOf(bytes, 300)));
    }

    @Test void tokensOfAnUnknownTypeAreRefused() {
        int firstType = after("tokenizer.ggml.token_type") + TYPE + 4 + 8;
        assertRefused("tokenizer.ggml.token_type of token 1 is 9, which is not known",
                changed(firstType + 4, b -> b.putInt(9)));
    }

    @Test void aFolderOfTwoFilesAsksForOne() {
        copy("f32.gguf", folder);
        assertRefused("holds 2 .gguf files; name one of them", folder);
    }
}
