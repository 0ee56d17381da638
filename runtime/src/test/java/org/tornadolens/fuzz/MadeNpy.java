package org.tornadolens.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.tornadolens.checkpoint.Npy;

/** NumPy's arrays: those of the tests, damaged, and headers by rules. */
final class MadeNpy implements Target {

    private static final List<String> SOUND = List.of("array-f4.npy", "array-fortran.npy", "array-i8.npy",
            "array-f2.npy", "array-scalar.npy", "array-empty.npy");
    private static final List<String> SIZES = List.of("0", "1", "3", "-1", "2147483647", "4294967296",
            "9223372036854775807", "99999999999999999999", "1,", "'a'");
    private static final List<String> TYPES =
            List.of("<f4", "<f8", ">f4", "|b1", "<i8", "<f2", "|O", "<U9", "<c8", "f4");

    @Override public String name() { return "npy"; }

    @Override public Path write(Random random, Path folder) throws IOException {
        byte[] bytes = random.nextBoolean() ? byRules(random)
                : Damage.of(Files.readAllBytes(Damaged.resource(SOUND.get(random.nextInt(SOUND.size())))), random);
        return Files.write(folder.resolve("a.npy"), bytes);
    }

    private static byte[] byRules(Random random) {
        StringBuilder shape = new StringBuilder("(");
        for (int i = random.nextInt(5); i > 0; i--) shape.append(SIZES.get(random.nextInt(SIZES.size()))).append(", ");
        String header = "{'descr': '" + TYPES.get(random.nextInt(TYPES.size())) + "', 'fortran_order': "
                + (random.nextBoolean() ? "True" : "False") + ", 'shape': " + shape + "), }\n";
        int claimed = random.nextInt(10) == 0 ? random.nextInt(70_000) : header.length();
        return new Bytes().raw(new byte[]{(byte) 0x93}).raw("NUMPY").i8(1 + random.nextInt(3)).i8(0)
                .i8(claimed & 255).i8(claimed >> 8).raw(header).raw(new byte[random.nextInt(64)]).toArray();
    }

    @Override public void open(Path file) { Npy.read(file); }
}
