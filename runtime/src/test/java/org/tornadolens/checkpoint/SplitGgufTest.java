package org.tornadolens.checkpoint;

import static org.tornadolens.checkpoint.Tampered.assertRefused;
import static org.tornadolens.checkpoint.Tampered.copy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models in several GGUF files whose parts are missing, renamed or of another model. */
class SplitGgufTest {

    @TempDir Path folder;
    private Path split;

    @BeforeEach void aGoodModel() { split = copy("split", folder); }

    private Path part(int number) { return split.resolve("f16-0000%d-of-00003.gguf".formatted(number)); }

    /** Overwrites the little-endian number of a key of two or four bytes. */
    private void value(Path file, String key, int bytes, int value) {
        byte[] all = Tampered.read(file);
        int at = new String(all, StandardCharsets.ISO_8859_1).indexOf(key) + key.length() + 4;
        ByteBuffer buffer = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).position(at);
        if (bytes == 2) buffer.putShort((short) value);
        else buffer.putInt(value);
        Tampered.write(file, all);
    }

    @Test void aMissingPartIsNamed() throws IOException {
        Files.delete(part(2));
        for (Path path : new Path[]{part(1), part(3), split}) {
            assertRefused("f16-00002-of-00003.gguf: is missing; the model is in 3 parts: download them all", path);
        }
        Files.delete(part(1));
        assertRefused("f16-00001-of-00003.gguf: is missing", part(3));
    }

    @Test void aPartWithoutItsNameCannotFindTheOthers() throws IOException {
        Path renamed = Files.move(part(2), split.resolve("model.gguf"));
        assertRefused("model.gguf: is part 2 of 3 (split.count), but its name does not end in -00001-of-00003.gguf",
                renamed);
    }

    @Test void partsInTheWrongOrderAreRefused() throws IOException {
        Path third = Files.move(part(3), split.resolve("x"));
        Files.move(part(2), part(3));
        Files.move(third, part(2));
        assertRefused("f16-00002-of-00003.gguf: split.no is 2 where the file's name says 1", part(1));
    }

    @Test void aPartOfAnotherModelIsRefused() {
        value(part(3), "split.count", 2, 4);
        assertRefused("f16-00003-of-00003.gguf: split.count is 4 where the file's name says 3; it is a part of another",
                part(1));
    }

    @Test void theNumberOfTensorsIsChecked() {
        value(part(1), "split.tensors.count", 4, 22);
        assertRefused("split.tensors.count is 22, but the 3 parts hold 21; the parts are of different models", part(1));
    }

    @Test void aTensorInTwoPartsIsRefused() {
        byte[] second = Tampered.read(part(2));
        Tampered.write(part(3), second);
        value(part(3), "split.no", 2, 2);
        assertRefused("f16-00003-of-00003.gguf: tensor blk.0.ffn_up.weight: is in an earlier part, too", part(1));
    }

    @Test void aProblemNamesThePartThatHasIt() throws IOException {
        byte[] bytes = Tampered.read(part(2));
        Tampered.write(part(2), Arrays.copyOf(bytes, bytes.length - 100));
        assertRefused("f16-00002-of-00003.gguf: tensor ", part(1));
        Files.writeString(part(2),
                "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4661211808\n");
        assertRefused("f16-00002-of-00003.gguf: is a Git LFS pointer to 4661211808 bytes", part(1));
    }

    @Test void twoModelsInPartsAreTwoModels() {
        Tampered.write(split.resolve("other.gguf"), new byte[0]);
        assertRefused("holds 2 .gguf files; name one of them: f16-00001-of-00003.gguf, other.gguf", split);
    }
}
