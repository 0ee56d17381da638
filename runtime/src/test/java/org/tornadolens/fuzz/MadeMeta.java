package org.tornadolens.fuzz;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Meta's parts by rules: pickles of a few hundred tensors whose storages are shared, missing, of another size or type,
 * with any strides; and pickles of random opcodes. The zip is intact, so that the pickle is reached.
 */
final class MadeMeta implements Target {

    private static final String[] OPCODES = {"}", "]", ")", "(", "t", "u", "s", "a", "e", "N", "\u0085", "\u0086", "Q",
            "R", "b", "\u0094", "h\0", "q\0", "K\1", "J\377\377\377\377", "ccollections\nOrderedDict\n",
            "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nFloatStorage\n", "cos\nsystem\n", "X\1\0\0\0a",
            "\u0088", "."};

    private static final int D = 16, HIDDEN = 48, VOCABULARY = 32;
    private static final Map<String, List<Integer>> TENSORS = new TreeMap<>(Map.ofEntries(
            Map.entry("tok_embeddings.weight", List.of(VOCABULARY, D)), Map.entry("norm.weight", List.of(D)),
            Map.entry("output.weight", List.of(VOCABULARY, D)),
            Map.entry("layers.0.attention_norm.weight", List.of(D)), Map.entry("layers.0.ffn_norm.weight", List.of(D)),
            Map.entry("layers.0.attention.wq.weight", List.of(D, D)),
            Map.entry("layers.0.attention.wk.weight", List.of(D, D)),
            Map.entry("layers.0.attention.wv.weight", List.of(D, D)),
            Map.entry("layers.0.attention.wo.weight", List.of(D, D)),
            Map.entry("layers.0.feed_forward.w1.weight", List.of(HIDDEN, D)),
            Map.entry("layers.0.feed_forward.w2.weight", List.of(D, HIDDEN)),
            Map.entry("layers.0.feed_forward.w3.weight", List.of(HIDDEN, D))));

    @Override public String name() { return "pth by rules"; }

    @Override public Path write(Random random, Path folder) throws IOException {
        for (int old = 0; old < 4; old++) Files.deleteIfExists(folder.resolve("consolidated.%02d.pth".formatted(old)));
        int parts = 1 + Math.max(0, random.nextInt(5) - 2);
        long seed = random.nextLong();
        for (int part = 0; part < parts; part++) {
            Random same = new Random(random.nextInt(4) == 0 ? random.nextLong() : seed);   // parts are mostly alike
            byte[] pickle = same.nextInt(5) == 0 ? opcodes(same) : tensors(same);
            try (ZipOutputStream zip = new ZipOutputStream(out(folder, part))) {
                stored(zip, "archive/data.pkl", pickle);
                stored(zip, "archive/data/0", new byte[1 << 12 + same.nextInt(6)]);
                if (same.nextInt(3) > 0) stored(zip, "archive/data/1", new byte[64]);
            }
        }
        Files.writeString(folder.resolve("params.json"), "{\"dim\": 16, \"n_heads\": 2, \"n_layers\": "
                + (random.nextInt(20) == 0 ? Damage.extreme(random) : 1)
                + ", \"multiple_of\": 16, \"norm_eps\": 1e-5, \"vocab_size\": -1}");
        return folder;
    }

    private static OutputStream out(Path folder, int part) throws IOException {
        return Files.newOutputStream(folder.resolve("consolidated.%02d.pth".formatted(part)));
    }

    private static void stored(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
    }

    private static byte[] tensors(Random random) {
        Bytes out = new Bytes().i8(0x80).i8(2).raw("}q").i8(0).raw("(");
        TENSORS.forEach((name, shape) -> {
            if (random.nextInt(100) > 0) tensor(out, name, shape, random);
        });
        if (random.nextInt(3) == 0)
            for (int i = random.nextInt(300); i >= 0; i--)
                tensor(out, "layers." + (i + 1) + ".attention.wq.weight", List.of(D, D), random);
        return out.raw("u.").toArray();
    }

    private static void tensor(Bytes out, String name, List<Integer> shape, Random random) {
        text(out, name);
        out.raw("ctorch._utils\n_rebuild_tensor_v2\n((");
        text(out, "storage");
        out.raw("ctorch\n" + (random.nextInt(200) == 0 ? "HalfStorage" : "FloatStorage") + "\n");
        text(out, random.nextInt(300) == 0 ? "../../x" : String.valueOf(random.nextInt(200) == 0 ? 1 : 0));
        text(out, "cpu");
        out.raw("J").i32(size(random, 1024)).raw("tQ");
        out.raw("J").i32(size(random, 0));
        int last = size(random, shape.getLast());
        if (shape.size() == 1) {
            out.raw("J").i32(last).i8(0x85).raw("K").i8(1).i8(0x85);
        } else {
            out.raw("J").i32(size(random, shape.getFirst())).raw("J").i32(last).i8(0x86);
            out.raw("J").i32(random.nextInt(200) == 0 ? 1 : last).raw("K").i8(1).i8(0x86);
        }
        out.i8(0x89).raw("}tR");
    }

    private static int size(Random random, int usual) {
        return random.nextInt(400) == 0 ? (int) Damage.extreme(random) : usual;
    }

    private static void text(Bytes out, String text) { out.raw("X").i32(text.length()).raw(text); }

    private static byte[] opcodes(Random random) {
        Bytes out = new Bytes().i8(0x80).i8(2);
        for (int i = random.nextInt(200); i >= 0; i--)
            out.raw(OPCODES[random.nextInt(OPCODES.length)].getBytes(StandardCharsets.ISO_8859_1));
        return out.raw(".").toArray();
    }

    @Override public void open(Path file) { Use.open(file); }

    @Override public void use(Path file) { Use.checkpoint(file); }
}
