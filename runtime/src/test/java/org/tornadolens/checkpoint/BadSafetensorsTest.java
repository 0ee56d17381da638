package org.tornadolens.checkpoint;

import static org.tornadolens.checkpoint.Tampered.assertRefused;
import static org.tornadolens.checkpoint.Tampered.copy;
import static org.tornadolens.checkpoint.Tampered.replace;
import static org.tornadolens.checkpoint.Tampered.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Damaged Hugging Face checkpoints: each is rejected with one line that names the problem. */
class BadSafetensorsTest {

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {} | 4 | has 4 bytes after its last tensor
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}, \
                'b':{'dtype':'F32','shape':[1],'data_offsets':[2,6]}} | 6 | \
                tensor b: overlaps
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}, \
                'b':{'dtype':'F32','shape':[1],'data_offsets':[6,10]}} | 10 | \
                tensor b: begins at byte 6 of the data, leaving a gap after byte 4
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 7 | \
                tensor a: is cut short: it ends at byte 8 of the data and the file has 7
            {'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | 8 | \
                tensor a: its data_offsets [0, 8] hold 8 bytes where F32 [3] takes 12
            {'a':{'dtype':'F33','shape':[2],'data_offsets':[0,8]}} | 8 | tensor a: its dtype F33 is not known
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | 8 | tensor a: its data_offsets
            {'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 8 | tensor a: has a negative size or offset -2
            {'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}} | 0 | \
                tensor a: its shape [4294967296, 4294967296] is larger than any file
            {'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,0]}} | 0 | \
                the safetensors header is not valid
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}, \
                'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4 | \
                tensor a: is described twice
            {'a':{'dtype':'F32','dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4 | \
                tensor a: has two fields `dtype`
            {'a':{'dtype':'F32','shape':[1]}} | 4 | tensor a: needs a dtype, a shape and two data_offsets
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'more':1}} | 4 | \
                tensor a: has an unknown field `more`
            {'__metadata__':{'a':1,'b':[]}} | 0 | the safetensors header is not valid
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]} | 4 | the safetensors header is not valid
            ['a'] | 0 | its header does not begin with {
            """) void aBrokenHeaderIsRefused(
            String header, int bytes, String expected) {
        Path file = safetensors(folder.resolve("x.safetensors"), header.strip().replace('\'', '"'), bytes);
        assertRefused(expected.replace('`', '"'), () -> Safetensors.open(file));
    }

    @ParameterizedTest
    @CsvSource({"100000001, its header would take 100000001 bytes",
            "-1, its header would take 18446744073709551615 bytes", "1000, is cut short",
            "3, is cut short"}) void aHeaderLongerThanTheFileIsNotAllocated(long length, String expected) {
        Path file = Tampered.write(folder.resolve("x.safetensors"),
                ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
        assertRefused(expected, () -> Safetensors.open(file));
    }

    @Test void anEmptyFileIsRefused() throws IOException {
        Path file = Files.createFile(folder.resolve("x.safetensors"));
        assertRefused("is cut short", () -> Safetensors.open(file));
    }

    @Test void aFileCutShortNamesTheTensorThatEndsBeyondIt() {
        Path model = copy("hf-f32", folder).resolve("model.safetensors");
        byte[] bytes = Tampered.read(model);
        Tampered.write(model, Arrays.copyOf(bytes, bytes.length - 100));
        assertRefused("model.safetensors: tensor model.layers.1.self_attn.v_proj.weight: is cut short", model);
    }

    @ParameterizedTest
    @CsvSource({"../model-00001-of-00003.safetensors", "/etc/x.safetensors", "sub/x.safetensors", "C:\\\\x.safetensors",
            ".."}) void aShardIsAPlainFileName(String shard) {
        Path model = copy("hf-bf16-shards", folder);
        replace(model.resolve("model.safetensors.index.json"), "model-00001-of-00003.safetensors", shard);
        assertRefused("is not the plain name of a safetensors or .bin file in this folder", model);
    }

    @Test void aMissingShardIsNamed() throws IOException {
        Path model = copy("hf-bf16-shards", folder);
        Files.delete(model.resolve("model-00002-of-00003.safetensors"));
        assertRefused("model-00002-of-00003.safetensors: no such file", model);
    }

    @Test void aTensorThatIsNotInTheShardTheIndexNamesIsMissing() {
        Path model = copy("hf-bf16-shards", folder);
        replace(model.resolve("model.safetensors.index.json"), "model-00003-of-00003.safetensors",
                "model-00001-of-00003.safetensors");
        assertRefused("is missing, though model.safetensors.index.json says it is here", model);
    }

    @Test void aShardAloneNamesItsFolder() throws IOException {
        Path shard = copy("hf-bf16-shards", folder).resolve("model-00001-of-00003.safetensors");
        assertRefused("model-00001-of-00003.safetensors: is one of several parts; name its folder, ", shard);
        Files.delete(shard.resolveSibling("model.safetensors.index.json"));
        assertRefused("model-00001-of-00003.safetensors: tensor", shard);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "hidden_size": 16 | "hidden_size": 20 | \
                tensor model.embed_tokens.weight: its shape is [24, 16] where the configuration asks for [24, 20]
            "num_key_value_heads": 2 | "num_key_value_heads": 4 | \
                layers.0.self_attn.k_proj.weight: its shape is [8, 16] where the configuration asks for [16, 16]
            "num_hidden_layers": 2 | "num_hidden_layers": 3 | \
                tensor model.layers.2.input_layernorm.weight: is missing
            "num_hidden_layers": 2 | "num_hidden_layers": 2147483647 | \
                tensor model.layers.2.input_layernorm.weight: is missing
            "num_hidden_layers": 2   | "num_hidden_layers": 1 | is not part of a Llama of this configuration (1 layers
            "num_hidden_layers": 2 | "num_hidden_layers": "two" | \
                num_hidden_layers is two; it must be a whole number
            "num_hidden_layers": 2 | "num_hidden_layers": 3e9 | \
                num_hidden_layers is 3.0E9; it must be a whole number within 32 bits
            "num_hidden_layers": 2,  | | num_hidden_layers is missing
            "num_hidden_layers": 2 | "num_hidden_layers": 2, "num_hidden_layers": 2 | \
                "num_hidden_layers" occurs twice
            "num_attention_heads": 4 | "num_attention_heads": 0 | num_attention_heads is 0; it must be positive
            "num_attention_heads": 4 | "num_attention_heads": 3 | nHeads 3 is not a multiple of nKvHeads 2
            "head_dim": 4            | "head_dim": 5 | dHead 5 is odd
            "head_dim": 4 | "head_dim": 1073741824 | \
                heads of size 1073741824 are more rows than a matrix can have
            "rms_norm_eps": 1e-05    | "rms_norm_eps": 0 | normEps 0.0 is not a positive number
            "rms_norm_eps": 1e-05    | "rms_norm_eps": NaN | config.json: is not JSON
            "rms_norm_eps": 1e-05    | "rms_norm_eps": 1e999 | rms_norm_eps is Infinity; it must be a finite number
            "model_type": "llama" | "model_type": "mixtral" | \
                model_type is "mixtral", which is not supported; "mistral", "llama", "qwen2", "qwen3"
            "hidden_act": "silu"     | "hidden_act": "gelu" | hidden_act is "gelu"; only "silu" is supported
            "attention_bias": false  | "attention_bias": true | self_attn.q_proj.bias: is missing
            "mlp_bias": false        | "mlp_bias": true | mlp.gate_proj.bias: is missing
            "mlp_bias": false        | "sliding_window": 8 | sliding_window is 8
            "mlp_bias": false        | "quantization_config": {} | quantization_config is not supported
            "rope_type": "default" | "rope_type": "longrope" | \
                rope_parameters.rope_type is "longrope"; only default, linear, dynamic, yarn and llama3 are supported
            "rope_type": "default"   | "rope_type": "linear" | rope_parameters.factor is missing
            "rope_type": "default" | "rope_type": "linear", "factor": 0 | \
                rope scaling: factor 0.0 is not a positive number
            "rope_type": "default"   | "partial_rotary_factor": 0.5 | rope_parameters.partial_rotary_factor is not 1
            "rope_parameters": { | "x": 0, "rope_parameters": 7, "y": { | \
                rope_parameters is 7; it must be an object
            """) void aConfigurationThatIsWrongOrUnsupportedIsRefusedByName(
            String what, String with, String expected) {
        Path model = copy("hf-f32", folder);
        replace(model.resolve("config.json"), what.strip(), with == null ? "" : with.strip());
        assertRefused(expected, model);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            model.layers.1.mlp.up_proj.weight | model.layers.1.mlp.up_pruj.weight | \
                tensor model.layers.1.mlp.up_proj.weight: is missing
            model.layers.0.self_attn.o_proj.weight | model.layers.0.self_attn.k_norm.weight | \
                tensor model.layers.0.self_attn.o_proj.weight: is missing
            "F32" | "I32" | \
                its type I32 is not supported; [F32, F16, BF16
            """) void aMissingTensorOrTypeIsNamed(
            String what, String with, String expected) throws IOException {
        Path model = copy("hf-f32", folder).resolve("model.safetensors");
        String bytes = Files.readString(model, StandardCharsets.ISO_8859_1);
        Files.writeString(model, bytes.replace(what.strip(), with.strip()), StandardCharsets.ISO_8859_1);
        assertRefused(expected, model);
    }

    @Test void aTensorThatWouldChangeTheModelIsRefusedByName() {
        Path model = copy("hf-f32", folder).resolve("model.safetensors");
        withExtra(model, "model.layers.0.self_attn.q_proj.bias");
        assertRefused("tensor model.layers.0.self_attn.q_proj.bias: is not part of a Llama", model);
    }

    @Test void rotaryFrequenciesInAFileAreIgnored() {
        Path model = copy("hf-f32", folder).resolve("model.safetensors");
        withExtra(model, "model.layers.0.self_attn.rotary_emb.inv_freq");
        Checkpoints.open(model);
    }

    private static void withExtra(Path file, String name) {
        SafetensorsWriter writer = new SafetensorsWriter();
        Safetensors old = Safetensors.open(file);
        for (String each : old.names()) writer.add(each, old.tensor(each));
        writer.add(name, Tensor.of(Shape.of("axis0", 2), 1, 2)).write(file);
    }

    @Test void foldersSayWhatIsMissing() throws IOException {
        assertRefused("holds no checkpoint; supported are a folder with config.json", folder);
        assertRefused("no such file or folder", folder.resolve("nowhere"));
        Path model = copy("hf-f32", folder);
        Files.move(model.resolve("model.safetensors"), model.resolve("other.safetensors"));
        assertRefused(
                "has a config.json but none of model.safetensors, model.safetensors.index.json, pytorch_model.bin, "
                        + "pytorch_model.bin.index.json; it holds other.safetensors; name the file",
                model);
        assertRefused("config.json: is part of a checkpoint; name its folder", model.resolve("config.json"));
        Files.move(model.resolve("config.json"), model.resolve("model.safetensors"));
        assertRefused("has no config.json beside it", model.resolve("model.safetensors"));
    }
}
