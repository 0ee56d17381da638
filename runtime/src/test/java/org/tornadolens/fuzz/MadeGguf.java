package org.tornadolens.fuzz;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * GGUF files by rules: vocabularies of nested pieces of any types, arrays that claim more than they hold, nested
 * arrays, tensors that share their data, files in parts that disagree, and files with a hole as long as one likes.
 */
final class MadeGguf implements Target {

    private static final int D_MODEL = 8, D_MLP = 16, VOCABULARY = 300;
    private static final String[] ALPHABET = {"a", "b", "\u2581", " ", "\u00e9", "\ud83d\ude00", "<", "0", "x", ">"};

    @Override public String name() { return "gguf by rules"; }

    @Override public Path write(Random random, Path folder) throws IOException {
        if (random.nextInt(12) == 0) return sparse(random, folder);
        int parts = random.nextInt(6) == 0 ? 2 + random.nextInt(2) : 1;
        Path first = null;
        for (int part = 0; part < parts; part++) {
            String name = parts == 1 ? "m.gguf" : "m-%05d-of-%05d.gguf".formatted(part + 1, parts);
            Path file = Files.write(folder.resolve(name), model(random, part, parts));
            if (first == null) first = file;
        }
        return first;
    }

    /** A file of some hundred bytes that seems to have gigabytes. */
    private static Path sparse(Random random, Path folder) throws IOException {
        long size = 1L << 20 + random.nextInt(17);
        boolean strings = random.nextBoolean();
        Bytes head = new Bytes().raw("GGUF").i32(3).i64(0).i64(1).text("k").i32(9).i32(strings ? 8 : 9);
        head.i64((size - head.size() - 8) / (strings ? 8 : 12) - random.nextInt(3));
        Path file = folder.resolve("sparse.gguf");
        Files.write(file, head.toArray());
        try (RandomAccessFile hole = new RandomAccessFile(file.toFile(), "rw")) {
            hole.setLength(size);
        }
        return file;
    }

    private static byte[] model(Random random, int part, int parts) {
        List<Bytes> keys = new ArrayList<>();
        keys.add(new Bytes().text("general.architecture").i32(8).text(random.nextInt(30) == 0 ? "x" : "llama"));
        number(keys, "llama.embedding_length", D_MODEL, random);
        number(keys, "llama.block_count", 1, random);
        number(keys, "llama.feed_forward_length", D_MLP, random);
        number(keys, "llama.attention.head_count", 2, random);
        number(keys, "llama.context_length", 64, random);
        keys.add(new Bytes().text("llama.attention.layer_norm_rms_epsilon").i32(6)
                .f32(random.nextInt(20) == 0 ? Float.NaN : 1e-5f));
        if (parts > 1) {
            number(keys, "split.count", parts, random);
            number(keys, "split.no", part, random);
        }
        if (random.nextInt(8) == 0) keys.add(nested(new Bytes().text("nest").i32(9), random.nextInt(7)));
        vocabulary(keys, random);
        boolean shared = random.nextInt(6) == 0;
        List<Bytes> tensors = new ArrayList<>();
        long at = 0;
        String[] names = {"token_embd.weight", "output_norm.weight", "blk.0.attn_norm.weight", "blk.0.ffn_norm.weight",
                "blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight", "blk.0.attn_output.weight",
                "blk.0.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.0.ffn_down.weight"};
        long[][] shapes = {{D_MODEL, VOCABULARY}, {D_MODEL}, {D_MODEL}, {D_MODEL}, {D_MODEL, D_MODEL},
                {D_MODEL, D_MODEL}, {D_MODEL, D_MODEL}, {D_MODEL, D_MODEL}, {D_MODEL, D_MLP}, {D_MODEL, D_MLP},
                {D_MLP, D_MODEL}};
        for (int i = part; i < names.length; i += parts) {
            Bytes tensor = new Bytes().text(names[i]).i32(shapes[i].length);
            long elements = 1;
            for (long size : shapes[i]) {
                tensor.i64(random.nextInt(200) == 0 ? Damage.extreme(random) : size);
                elements *= size;
            }
            tensors.add(tensor.i32(random.nextInt(100) == 0 ? random.nextInt(40) : 0).i64(shared ? 0 : at));
            at += (elements * 4 + 31) / 32 * 32;
        }
        Bytes file = new Bytes().raw("GGUF").i32(3)
                .i64(random.nextInt(50) == 0 ? Damage.extreme(random) : tensors.size())
                .i64(random.nextInt(50) == 0 ? Damage.extreme(random) : keys.size());
        keys.forEach(key -> file.raw(key.toArray()));
        tensors.forEach(tensor -> file.raw(tensor.toArray()));
        while (file.size() % 32 != 0) file.i8(0);
        byte[] data = new byte[(int) at];
        for (int i = 0; i + 3 < data.length; i += 4) data[i + 3] = (byte) (random.nextInt(2) == 0 ? 0x3c : 0xbc);
        return file.raw(data).toArray();
    }

    private static void number(List<Bytes> keys, String key, long value, Random random) {
        if (random.nextInt(40) == 0) return;
        boolean extreme = random.nextInt(40) == 0;
        keys.add(new Bytes().text(key).i32(extreme ? 10 : 4));
        if (extreme) keys.getLast().i64(Damage.extreme(random));
        else keys.getLast().i32((int) value);
    }

    private static Bytes nested(Bytes key, int depth) {
        return depth == 0 ? key.i32(4).i64(1).i32(7) : nested(key.i32(9).i64(1), depth - 1);
    }

    private static void vocabulary(List<Bytes> keys, Random random) {
        List<String> texts = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
        if (random.nextInt(3) > 0) {
            for (int i = 0; i < 256; i++) {
                texts.add("<0x%02X>".formatted(i));
                types.add(6);
            }
        }
        String letter = ALPHABET[random.nextInt(ALPHABET.length)];
        int kind = random.nextInt(4);
        while (texts.size() < VOCABULARY) {
            texts.add(switch (kind) {
                case 0 -> letter.repeat(Math.max(1, texts.size() - 258 > 0 ? texts.size() - 258 : texts.size()));
                case 1 -> texts.get(random.nextInt(texts.size()));   // again
                default -> word(random);
            });
            types.add(random.nextInt(500) == 0 ? random.nextInt(9) : kind == 0 ? 4 : 1 + 3 * random.nextInt(2));
        }
        if (random.nextInt(8) == 0) texts.set(random.nextInt(texts.size()), "a".repeat(random.nextInt(600)));
        Bytes all = new Bytes().text("tokenizer.ggml.tokens").i32(9).i32(8)
                .i64(random.nextInt(60) == 0 ? Damage.extreme(random) : texts.size());
        texts.forEach(all::text);
        Bytes scores = new Bytes().text("tokenizer.ggml.scores").i32(9).i32(6).i64(texts.size());
        for (int i = 0; i < texts.size(); i++) scores.f32(random.nextInt(5000) == 0 ? Float.NaN : -i);
        Bytes kinds = new Bytes().text("tokenizer.ggml.token_type").i32(9).i32(5).i64(types.size());
        types.forEach(kinds::i32);
        boolean pairs = random.nextInt(4) == 0;
        keys.add(new Bytes().text("tokenizer.ggml.model").i32(8).text(pairs ? "gpt2" : "llama"));
        keys.addAll(List.of(all, scores, kinds));
        if (!pairs) return;
        Bytes merges = new Bytes().text("tokenizer.ggml.merges").i32(9).i32(8).i64(20);
        for (int i = 0; i < 20; i++) merges.text(word(random) + " " + word(random));
        keys.add(merges);
        keys.add(new Bytes().text("tokenizer.ggml.pre").i32(8).text("gpt-2"));
    }

    private static String word(Random random) {
        StringBuilder word = new StringBuilder();
        for (int i = random.nextInt(6); i >= 0; i--) word.append(ALPHABET[random.nextInt(ALPHABET.length)]);
        return word.toString();
    }

    @Override public void open(Path file) { Use.open(file); }

    @Override public void use(Path file) { Use.checkpoint(file); }
}
