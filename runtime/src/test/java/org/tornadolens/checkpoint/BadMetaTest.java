package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.checkpoint.Tampered.assertRefused;
import static org.tornadolens.checkpoint.Tampered.copy;
import static org.tornadolens.checkpoint.Tampered.replace;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.tokenizer.TokenizerSource;

/** Damaged and hostile Meta folders. */
class BadMetaTest {

    private static final String TENSOR = "ctorch._utils\n_rebuild_tensor_v2\n";

    @TempDir Path folder;

    /** Writes a .pth of this pickle, each character one byte, and one storage "0" of {@code storage} bytes. */
    private Path pth(String pickle, int storage, boolean compressed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, "x/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1), compressed);
            put(zip, "x/data/0", new byte[storage], compressed);
        }
        return Tampered.write(folder.resolve("x.pth"), bytes.toByteArray());
    }

    private static void put(ZipOutputStream zip, String name, byte[] bytes, boolean compressed) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        entry.setMethod(compressed ? ZipEntry.DEFLATED : ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
    }

    /** Returns {"a": an f32 tensor over storage "0"}; offset, shape and strides are pickled bytes: "K\5" is 5. */
    private static String tensor(String offset, String shape, String strides) {
        return "\u0080\2}X\1\0\0\0a" + TENSOR + "((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
                + "0X\3\0\0\0cpuK\4tQ" + offset + shape + strides + "\u0089}tRs.";
    }

    /** A copy of each would be joined in memory: 16 MB for 16 KB of files. */
    @Test void partsInWhichManyNamesShareAStorageAreRefused() throws IOException {
        StringBuilder pickle = new StringBuilder("\u0080\2}(");
        for (int i = -1; i < 500; i++) {
            String name = i < 0 ? "tok_embeddings.weight" : "layers.%03d.attention.wq.weight".formatted(i);
            pickle.append("X").append((char) name.length()).append("\0\0\0").append(name).append(TENSOR)
                    .append("((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0").append("0X\3\0\0\0cpuM\0\20tQK\0")
                    .append("K@K@\u0086K@K\1\u0086\u0089}tR");
        }
        byte[] part = Files.readAllBytes(pth(pickle.append("u.").toString(), 4 * 4096, false));
        Path parts = Files.createDirectory(folder.resolve("parts"));
        for (int rank = 0; rank < 2; rank++) Files.write(parts.resolve("consolidated.0" + rank + ".pth"), part);
        Files.writeString(parts.resolve("params.json"), "{\"dim\": 128, \"n_heads\": 2, \"n_layers\": 500, "
                + "\"multiple_of\": 16, \"norm_eps\": 1e-5, \"vocab_size\": -1}");
        assertRefused("many of its names are for the same values", parts);
    }

    @Test void aPickledTensorIsFound() throws IOException {
        StoredTensor found = TorchFile.open(pth(tensor("K\1", "K\1K\3\u0086", "K\3K\1\u0086"), 16, false)).get("a");
        assertEquals(java.util.List.of(1L, 3L), found.shape());
        assertEquals(12, found.data().byteSize());
    }

    @Test void noOtherFunctionIsCalled() throws IOException {
        Path file = pth("\u0080\2cposix\nsystem\nX\4\0\0\0true\u0085R.", 0, false);
        assertRefused("x.pth: its pickle asks for posix.system; only OrderedDict", () -> TorchFile.open(file));
        Path newer = pth("\u0080\4\u008c\10builtins\u008c\4eval\u0093.", 0, false);
        assertRefused("asks for builtins.eval", () -> TorchFile.open(newer));
        Path storage = pth("\u0080\2ctorch\nComplexFloatStorage\n.", 0, false);
        assertRefused("asks for torch.ComplexFloatStorage", () -> TorchFile.open(storage));
    }

    @Test void anUnknownOpcodeIsRefused() throws IOException {
        Path file = pth("\u0080\2(S'x'\no.", 0, false);
        assertRefused("has the opcode 0x53", () -> TorchFile.open(file));
    }

    @Test void aPickleThatHoldsItselfIsRefused() throws IOException {
        Path file = pth("\u0080\2}q\0X\1\0\0\0ah\0s.", 0, false);
        assertRefused("has \"a\", which is not a tensor", () -> TorchFile.open(file));
    }

    @Test void anEndlessPickleIsCutOff() throws IOException {
        Path file = pth("]".repeat(1_100_000), 0, false);
        assertRefused("takes more than 1000000 steps", () -> TorchFile.open(file));
    }

    @ParameterizedTest
    @CsvSource({"]a., is damaged", "t., closes a tuple or list that it did not open", "h\u0005., recalls memo 5",
            "K\u0001., is not a dictionary", "}K\u0001K\u0002s., whose keys are not all names", "}R., is damaged",
            "], is cut short"}) void aDamagedPickleIsRefused(String pickle, String expected) throws IOException {
        Path file = pth(pickle, 0, false);
        assertRefused(expected, () -> TorchFile.open(file));
    }

    @Test void tensorsOutsideTheirStorageAreRefused() throws IOException {
        Path beyond = pth(tensor("K\2", "K\3\u0085", "K\1\u0085"), 16, false);
        assertRefused("tensor a: F32 [3] from element 2 lies outside its storage of 16 bytes",
                () -> TorchFile.open(beyond));
        Path negative = pth(tensor("J\u00ff\u00ff\u00ff\u00ff", "K\3\u0085", "K\1\u0085"), 16, false);
        assertRefused("lies outside its storage", () -> TorchFile.open(negative));
        String large = "\u008a\10\0\0\0\0\0\0\0\100";   // 2^62
        Path overflowing = pth(tensor("K\0", large + large + "\u0086", large + "K\1\u0086"), 16, false);
        assertRefused("lies outside its storage", () -> TorchFile.open(overflowing));
    }

    @Test void aTransposedTensorIsRefused() throws IOException {
        Path file = pth(tensor("K\0", "K\2K\2\u0086", "K\1K\2\u0086"), 16, false);
        assertRefused("tensor a: is a view with strides [1, 2] of shape [2, 2]", () -> TorchFile.open(file));
    }

    @Test void compressedEntriesAreRefused() throws IOException {
        Path file = pth(tensor("K\0", "K\3\u0085", "K\1\u0085"), 1000, true);
        assertRefused("is compressed; save the checkpoint again with torch.save", () -> TorchFile.open(file));
    }

    @Test void aFileCutShortHasNoDirectory() {
        Path model = copy("meta-bf16", folder);
        Path file = model.resolve("consolidated.00.pth");
        byte[] bytes = Tampered.read(file);
        Tampered.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        assertRefused("consolidated.00.pth: is cut short: the zip directory at its end is missing", model);
        Tampered.write(file, new byte[]{(byte) 0x80, 2});
        assertRefused("is not a zip archive as written by torch.save since version 1.6", model);
    }

    @Test void aMissingPartIsNamed() throws IOException {
        Path model = copy("meta-f16-two-parts", folder);
        Files.delete(model.resolve("consolidated.00.pth"));
        assertRefused("consolidated.00.pth: is missing beside consolidated.01.pth", model);
        Files.delete(model.resolve("consolidated.01.pth"));
        assertRefused("has a params.json but no consolidated.00.pth", model);
    }

    @Test void onePartOfTwoDisagreesWithTheConfiguration() throws IOException {
        Path model = copy("meta-f16-two-parts", folder);
        Files.delete(model.resolve("consolidated.01.pth"));
        assertRefused("tensor tok_embeddings.weight: its shape is [24, 8] where the configuration asks for [24, 16]",
                model);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "multiple_of": 8 | "multiple_of": 16 | \
                tensor layers.0.feed_forward.w1.weight: its shape is [24, 16] where the configuration asks for [32, 16]
            "multiple_of": 8          | "multiple_of": 0           | multiple_of is 0; it must be positive
            "ffn_dim_multiplier": 0.5 | "ffn_dim_multiplier": 1e12 | ffn_dim_multiplier makes the hidden layer
            "n_heads": 4              | "n_heads": 5               | dim 16 does not divide into n_heads 5
            "vocab_size": -1          | "moe": {}                  | moe belongs to a variant that is not supported
            "vocab_size": -1 | "vocab_size": 23 | \
                tensor tok_embeddings.weight: its shape is [24, 16] where the configuration asks for [23, 16]
            """) void parametersThatDisagreeAreRefused(
            String what, String with, String expected) {
        Path model = copy("meta-bf16", folder);
        replace(model.resolve("params.json"), what, with);
        assertRefused(expected, model);
    }

    @Test void scaledRopeIsThatOfLlama3() {
        Path model = copy("meta-bf16", folder);
        replace(model.resolve("params.json"), "\"max_seq_len\": 32", "\"use_scaled_rope\": true");
        assertEquals(new RopeScaling.Llama3(8, 1, 4, 8192), Checkpoints.open(model).configuration().ropeScaling());
        assertEquals(131_072, Checkpoints.open(model).configuration().nCtx());
    }

    @ParameterizedTest
    @CsvSource({"2048, 16, 32", "3072, 28, 32", "4096, 32, 8",
            "2048, 28, 8"}) void theSmallModelsOfLlama32AreScaledByAFactorThatTheirFilesDoNotGive(int dim, int layers,
                    double factor) {
        Path params = Tampered.write(folder.resolve("params.json"), ("""
                {"dim": %d, "n_layers": %d, "n_heads": 32, "n_kv_heads": 8, "vocab_size": 128256, "multiple_of": 256,
                 "norm_eps": 1e-05, "rope_theta": 500000.0, "use_scaled_rope": true}""").formatted(dim, layers)
                .getBytes(StandardCharsets.UTF_8));
        assertEquals(new RopeScaling.Llama3(factor, 1, 4, 8192), MetaParams.read(params, 0, false).ropeScaling());
    }

    @Test void theTokenizerMayLieInTheFolderAbove() {
        Path model = copy("meta-bf16", folder);
        Path tokenizer = Tampered.write(folder.resolve("tokenizer.model"), new byte[]{0x0a});
        assertEquals(new TokenizerSource.SentencePieceModel(tokenizer), Checkpoints.open(model).tokenizer());
        assertEquals(OptionalInt.of(1), Checkpoints.open(model).configuration().bos());
    }

    @Test void aTokenizerOfRankedBytesIsTiktokens() {
        Path model = copy("meta-bf16", folder);
        Path ranks = Tampered.write(model.resolve("tokenizer.model"),
                "IQ== 0\nIg== 1\nIw== 2\n".getBytes(StandardCharsets.US_ASCII));
        assertEquals(new TokenizerSource.Tiktoken(ranks), Checkpoints.open(model).tokenizer());
    }
}
