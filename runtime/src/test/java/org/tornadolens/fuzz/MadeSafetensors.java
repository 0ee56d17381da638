package org.tornadolens.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.tornadolens.checkpoint.Safetensors;

/** Headers of safetensors by rules: offsets that overlap, leave holes or overflow, many names, and odd types. */
final class MadeSafetensors implements Target {

    private static final List<String> TYPES = List.of("F32", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "x", "F64");

    @Override public String name() { return "safetensors by rules"; }

    @Override public Path write(Random random, Path folder) throws IOException {
        int count = random.nextInt(200) == 0 ? 20_000 : random.nextInt(12);
        StringBuilder json = new StringBuilder("{");
        if (random.nextInt(4) == 0)
            json.append("\"__metadata__\":{\"axes.t0\":\"").append(random.nextBoolean()
                    ? "a,b" : "a,a,a").append("\"},");
        long at = 0;
        for (int i = 0; i < count; i++) {
            long rows = random.nextInt(40) == 0 ? Damage.extreme(random) : random.nextInt(4);
            long bytes = 4 * 3 * rows + (random.nextInt(40) == 0 ? random.nextInt(9) - 4 : 0);
            long from = random.nextInt(40) == 0 ? Damage.extreme(random) : at;
            json.append(i == 0 ? "" : ",").append("\"t").append(random.nextInt(60) == 0 ? 0 : i)
                    .append("\":{\"dtype\":\"").append(random.nextInt(4) > 0 ? "F32"
                            : TYPES.get(random.nextInt(TYPES.size())))
                    .append("\",\"shape\":[").append(rows).append(",3],\"data_offsets\":[").append(from).append(',')
                    .append(from + bytes).append("]}");
            at += bytes;
        }
        json.append("}");
        long length = random.nextInt(40) == 0 ? Damage.extreme(random) : json.length();
        int data = (int) Math.max(0, Math.min(at, 1 << 16)) + (random.nextInt(20) == 0 ? 1 : 0);
        return Files.write(folder.resolve("t.safetensors"),
                new Bytes().i64(length).raw(json.toString()).raw(new byte[data]).toArray());
    }

    @Override public void open(Path file) {
        Safetensors opened = Safetensors.open(file);
        for (String name : opened.names()) opened.tensor(name);
    }
}
