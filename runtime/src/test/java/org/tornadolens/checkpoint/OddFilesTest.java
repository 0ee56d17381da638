package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.checkpoint.Tampered.assertRefused;
import static org.tornadolens.checkpoint.Tampered.copy;
import static org.tornadolens.checkpoint.Tampered.replace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.tokenizer.TokenizerSource;

/** Files and folders that people take for a checkpoint: each is opened, or named with what to do. */
class OddFilesTest {

    private static final String POINTER =
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 988097824\n";

    @TempDir Path folder;

    private Path text(Path file, String text) { return Tampered.write(file, text.getBytes(StandardCharsets.UTF_8)); }

    // ---- pointers of Git LFS

    @ParameterizedTest
    @CsvSource({"hf-f32, model.safetensors", "hf-f32, config.json", "bin-f32, pytorch_model.bin",
            "bin-bf16-shards, pytorch_model-00002-of-00002.bin", "hf-bf16-shards, model-00003-of-00003.safetensors",
            "hf-bf16-shards, model.safetensors.index.json", "meta-bf16, consolidated.00.pth",
            "mistral-bf16, consolidated.safetensors", "split, f16-00003-of-00003.gguf"}) void aPointerIsNamed(
                    String checkpoint, String name) {
        Path model = copy(checkpoint, folder);
        text(model.resolve(name), POINTER);
        assertRefused(
                name + ": is a Git LFS pointer to 988097824 bytes, not the file itself; fetch it with git lfs pull",
                model);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.gguf", "a.bin", "a.safetensors", "a.onnx", "a"}) void aPointerIsNamedWhateverItsName(
            String name) {
        assertRefused("is a Git LFS pointer to 988097824 bytes", text(folder.resolve(name), POINTER));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizer.json", "tokenizer.model"}) void aTokenizerThatIsAPointerLeavesIds(String name) {
        Path model = copy("hf-f32", folder);
        Path file = text(model.resolve(name), POINTER);
        var none = assertInstanceOf(TokenizerSource.None.class, Checkpoints.open(model).tokenizer());
        assertTrue(none.expected().startsWith(file + " is a Git LFS pointer to 988097824 bytes"), none.expected());
    }

    @Test void aTokenizerBinThatIsAPointerLeavesIds() {
        Path model = copy("v0-shared.bin", folder);
        text(folder.resolve("tokenizer.bin"), POINTER);
        assertTrue(assertInstanceOf(TokenizerSource.None.class, Checkpoints.open(model).tokenizer()).expected()
                .contains("is a Git LFS pointer"));
    }

    // ---- Hugging Face's cache

    /** Makes a model of the cache whose files are links to blobs, as huggingface_hub lays it out. */
    private Path cached(String checkpoint, String repository, String commit) throws IOException {
        Path root = folder.resolve("hub"), model = root.resolve(repository);
        Path blobs = Files.createDirectories(model.resolve("blobs")),
                snapshot = Files.createDirectories(model.resolve("snapshots").resolve(commit));
        for (Path file : Foreign.list(Resources.path("/checkpoints/" + checkpoint), "*")) {
            String name = file.getFileName().toString(), blob = commit + name.hashCode();
            Files.copy(file, blobs.resolve(blob));
            Files.createSymbolicLink(snapshot.resolve(name), Path.of("..", "..", "blobs", blob));
        }
        return model;
    }

    private static void main(Path model, String commit) throws IOException {
        Files.writeString(Files.createDirectories(model.resolve("refs")).resolve("main"), commit);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf-f32", "bin-bf16-shards", "split", "mistral-bf16"}) void aCachedModelOpens(
            String checkpoint) throws IOException {
        Path model = cached(checkpoint, "models--org--name", "abc123");
        main(model, "abc123");
        Path snapshot = model.resolve("snapshots").resolve("abc123");
        var whole = Checkpoints.open(Resources.path("/checkpoints/" + checkpoint)).configuration();
        assertEquals(whole, Checkpoints.open(model).configuration());
        assertEquals(whole, Checkpoints.open(snapshot).configuration());
        Checkpoint named = Checkpoints.open(Path.of("org/name"), new HuggingFaceCache(folder.resolve("hub")));
        assertEquals(whole, named.configuration());
        assertTrue(named.source().startsWith(snapshot), named.source().toString());
    }

    @Test void ofSeveralSnapshotsRefsMainIsTaken() throws IOException {
        Path model = cached("hf-f32", "models--org--name", "aaa");
        assertEquals(model.resolve("snapshots/aaa"), Checkpoints.open(model).source());
        cached("hf-f16", "models--org--name", "bbb");
        assertRefused("models--org--name: holds 2 snapshots, and its refs/main names none of them; name one: "
                + model.resolve("snapshots/aaa") + ", " + model.resolve("snapshots/bbb"), model);
        main(model, "bbb\n");
        assertEquals(model.resolve("snapshots/bbb"), Checkpoints.open(model).source());
        main(model, "../../..");
        assertRefused("main: does not name a commit", model);
    }

    @Test void anIncompleteDownloadIsNamed() throws IOException {
        Path model = cached("hf-f32", "models--org--name", "aaa");
        try (var blobs = Files.newDirectoryStream(model.resolve("blobs"))) {
            for (Path blob : blobs) if (Files.size(blob) > 2000) Files.delete(blob);
        }
        assertRefused("model.safetensors: is a link to a file that is not there; download the model again", model);
        Files.delete(model.resolve("snapshots/aaa/model.safetensors"));
        Files.delete(model.resolve("snapshots/aaa/config.json"));
        Files.delete(model.resolve("snapshots/aaa"));
        assertRefused("holds no snapshot; download the model again", model);
    }

    @Test void theCacheItselfListsItsModels() throws IOException {
        cached("hf-f32", "models--org--one", "aaa");
        cached("hf-f32", "models--org--two", "aaa");
        assertRefused("holds the folders of 2 models; name one of them: models--org--one, models--org--two",
                folder.resolve("hub"));
    }

    @Test void aNameThatWasNotDownloadedSaysWhereItWasLookedFor() throws IOException {
        cached("hf-f32", "models--org--one", "aaa");
        HuggingFaceCache cache = new HuggingFaceCache(folder.resolve("hub"));
        assertRefused("org/two: no such file or folder, and no such model in " + folder.resolve("hub")
                + " (hf download org/two would fetch it)", () -> Checkpoints.open(Path.of("org/two"), cache));
        assertRefused("../one: no such file or folder", () -> Checkpoints.open(Path.of("../one"), cache));
    }

    @Test void theEnvironmentSaysWhereTheCacheIs() {
        Path home = Path.of("/home/me");
        assertEquals(Path.of("/home/me/.cache/huggingface/hub"), HuggingFaceCache.of(Map.of(), home).root());
        assertEquals(Path.of("/x/huggingface/hub"), HuggingFaceCache.of(Map.of("XDG_CACHE_HOME", "/x"), home).root());
        assertEquals(Path.of("/home/me/hf/hub"),
                HuggingFaceCache.of(Map.of("HF_HOME", "~/hf", "XDG_CACHE_HOME", "/x"), home).root());
        assertEquals(Path.of("/hub"),
                HuggingFaceCache.of(Map.of("HF_HUB_CACHE", "/hub", "HF_HOME", "/h"), home).root());
    }

    // ---- Hugging Face folders

    private static void rename(Path file, UnaryOperator<String> name) {
        Safetensors old = Safetensors.open(file);
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String each : old.names()) writer.add(name.apply(each), old.tensor(each));
        writer.write(file);
    }

    @Test void safetensorsAreTakenBeforeTorchFiles() throws IOException {
        Path model = copy("hf-f32", folder);
        text(model.resolve("pytorch_model.bin"), "not a torch file");
        assertEquals("safetensors", Checkpoints.open(model).format());
        Path shards = copy("hf-bf16-shards", folder);
        Files.copy(Resources.path("/checkpoints/bin-f32/pytorch_model.bin"), shards.resolve("pytorch_model.bin"));
        assertEquals("safetensors", Checkpoints.open(shards).format());
    }

    @Test void anIndexMayBeginWithADot() {
        Path model = copy("hf-bf16-shards", folder);
        replace(model.resolve("model.safetensors.index.json"), "\"model-0000", "\"./model-0000");
        assertDoesNotThrow(() -> Checkpoints.open(model));
        replace(model.resolve("model.safetensors.index.json"), "\"./model-00001", "\"./../model-00001");
        assertRefused("is not the plain name of a safetensors or .bin file in this folder", model);
    }

    @Test void aTorchFileOfOldVersionsIsNamed() {
        Path model = copy("bin-f32", folder);
        Tampered.write(model.resolve("pytorch_model.bin"),
                "\u0080\2\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.".getBytes(StandardCharsets.ISO_8859_1));
        String expected = "is not a zip archive as written by torch.save since version 1.6; save it again with a newer";
        assertRefused(expected, model);
        assertRefused(expected, model.resolve("pytorch_model.bin"));
    }

    @Test void aPartNamesItsFolder() {
        Path model = copy("bin-bf16-shards", folder);
        assertRefused("is one of several parts; name its folder, " + model,
                model.resolve("pytorch_model-00001-of-00002.bin"));
        assertRefused("is part of a checkpoint; name its folder", model.resolve("pytorch_model.bin.index.json"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            base_model.model.model.NAME | belongs to an adapter: these are LoRA adapter weights, not a model; merge it
            NAME.lora_A.weight          | these are LoRA adapter weights
            NAME.qweight                | belongs to a quantised matrix (GPTQ, AWQ or bitsandbytes)
            NAME.absmax                 | belongs to a quantised matrix (GPTQ, AWQ or bitsandbytes)
            transformer.NAME            | begins with "transformer." where "model." is needed
            module.model.NAME           | begins with "module." where "model." is needed: it was saved within another
            """) void tensorsOfAnotherKindAreNamed(
            String name, String expected) {
        Path model = copy("hf-f32", folder);
        rename(model.resolve("model.safetensors"),
                old -> old.equals("lm_head.weight") ? old : name.strip().replace("NAME", old.substring(6)));
        assertRefused(expected, model);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "quantization_config": {"quant_method": "gptq"} | quantization_config is not supported (gptq); use the
            "quantization_config": {"load_in_4bit": true}   | quantization_config is not supported; use the unquantised
            "quantization": {"group_size": 64, "bits": 4}   | quantization is not supported; use the unquantised
            """) void quantisedFoldersAreRefused(
            String setting, String expected) {
        Path model = copy("hf-f32", folder);
        replace(model.resolve("config.json"), "\"mlp_bias\": false", setting);
        assertRefused(expected, model);
    }

    @Test void whatTransformersDequantisedFromAGgufOpens() {
        Path model = copy("hf-f32", folder);
        replace(model.resolve("config.json"), "\"mlp_bias\": false",
                "\"quantization_config\": {\"quant_method\": \"gguf\"}");
        assertEquals("safetensors", Checkpoints.open(model).format());
    }

    @Test void anAdapterIsNamedWithItsBase() throws IOException {
        Path adapter = Files.createDirectory(folder.resolve("adapter"));
        text(adapter.resolve("adapter_config.json"), "{\"base_model_name_or_path\": \"org/base\"}");
        Path weights = text(adapter.resolve("adapter_model.safetensors"), "x");
        String expected =
                "adapter_config.json: describes an adapter of org/base, which this folder holds: these are LoRA"
                        + " adapter weights, not a model; merge it into its base model (merge_and_unload in peft";
        assertRefused(expected, adapter);
        assertRefused(expected, weights);
        Path both = copy("hf-f32", folder);
        Files.copy(adapter.resolve("adapter_config.json"), both.resolve("adapter_config.json"));
        assertRefused(expected, both);
        Files.delete(adapter.resolve("adapter_config.json"));
        assertRefused("holds adapter_model.safetensors, a LoRA adapter, not a model", adapter);
    }

    @ParameterizedTest
    @CsvSource({"model.onnx, an ONNX graph", "weights.npz, a NumPy archive", "tf_model.h5, TensorFlow weights",
            "flax_model.msgpack, Flax weights", "model.zip, a zip archive; unpack it",
            "model.gguf.part, a download that did not finish",
            "last.ckpt, a training checkpoint"}) void otherFilesAreNamed(String name, String expected)
                    throws IOException {
        Path file = text(Files.createDirectory(folder.resolve("other")).resolve(name), "x");
        assertRefused(name + ": is " + expected, file);
        assertRefused("holds " + name + ", " + expected, file.getParent());
        copy("hf-f32", folder);
        Files.move(file, folder.resolve("hf-f32").resolve(name));
        Files.delete(folder.resolve("hf-f32/model.safetensors"));
        assertRefused("pytorch_model.bin.index.json; it holds " + name + ", " + expected, folder.resolve("hf-f32"));
    }

    @Test void aWrongPathNamesTheNearest() throws IOException {
        copy("f16.gguf", folder);
        copy("hf-f32", folder);
        text(folder.resolve("secret.txt"), "x");
        assertRefused("f61.gguf: no such file or folder; nearest in " + folder + ": f16.gguf, hf-f32",
                folder.resolve("f61.gguf"));
        String deeper = assertThrows(CheckpointException.class,
                () -> Checkpoints.open(folder.resolve("hf-f23/model.safetensors"))).getMessage();
        assertTrue(deeper.endsWith("nearest in " + folder + ": hf-f32, f16.gguf"), deeper);
        assertFalse(deeper.contains("secret"), deeper);
    }

    // ---- GGUF files

    /** Writes a GGUF file of these texts by key, without tensors. */
    private Path gguf(String... keysAndValues) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3).putLong(0).putLong(keysAndValues.length / 2);
        for (int i = 0; i < keysAndValues.length; i++) {
            if (i % 2 == 1) bytes.putInt(8);
            bytes.putLong(keysAndValues[i].length()).put(keysAndValues[i].getBytes(StandardCharsets.US_ASCII));
        }
        return Tampered.write(folder.resolve("x.gguf"), Arrays.copyOf(bytes.array(), 512));
    }

    @Test void ggufFilesThatAreNoModelAreNamed() throws IOException {
        assertRefused("x.gguf: is a LoRA adapter, not a model; merge it into its base model (llama-export-lora)",
                gguf("general.architecture", "llama", "general.type", "adapter"));
        assertRefused("is a LoRA adapter", gguf("general.architecture", "llama", "adapter.type", "lora"));
        assertRefused("is the projector of a multimodal model; open the file of its language model",
                gguf("general.architecture", "clip"));
        assertRefused("is the projector", gguf("general.architecture", "clip", "general.type", "mmproj"));
        assertRefused("is an importance matrix", gguf("general.type", "imatrix"));
        assertRefused("is a vocabulary without weights", gguf("general.architecture", "llama"));
    }

    @Test void aFolderOfAGgufMayHoldAConfiguration() throws IOException {
        Path model = Files.createDirectory(folder.resolve("repository"));
        copy("f16.gguf", model);
        Files.copy(Resources.path("/checkpoints/hf-f32/config.json"), model.resolve("config.json"));
        assertEquals("GGUF v3", Checkpoints.open(model).format());
    }

    // ---- Mistral's own format

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "head_dim": 4           | "head_dim": 4, "sliding_window": 8  | sliding_window belongs to a variant
            "head_dim": 4           | "head_dim": 4, "use_biases": true   | use_biases is true, which is not supported
            "head_dim": 4           | "head_dim": 4, "moe": {}            | moe belongs to a variant
            "rope_theta": 500000.0, |                                     | rope_theta is missing
            "hidden_dim": 24        | "hidden_dim": 32                    | its shape is [24, 16] where
            """) void whatMistralsParametersSayIsChecked(
            String what, String with, String expected) {
        Path model = copy("mistral-bf16", folder);
        replace(model.resolve("params.json"), what.strip(), with == null ? "" : with.strip());
        assertRefused(expected, model);
    }

    @Test void mistralsContextWhereItIsNotGiven() {
        Path model = copy("mistral-bf16", folder);
        replace(model.resolve("params.json"), ", \"max_seq_len\": 32", "");
        assertEquals(32_768, Checkpoints.open(model).configuration().nCtx());
    }
}
