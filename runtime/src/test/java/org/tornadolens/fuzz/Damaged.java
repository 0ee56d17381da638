package org.tornadolens.fuzz;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A checkpoint of the tests in which one file is damaged.
 *
 * @param root  a folder or file of src/test/resources/checkpoints
 * @param file  the damaged one
 */
record Damaged(String root, String file) implements Target {

    static Damaged of(String file) { return new Damaged(file.split("/")[0], file); }

    @Override public String name() { return file; }

    static Path resource(String name) {
        try {
            return Path.of(Damaged.class.getResource("/checkpoints").toURI()).resolve(name).normalize();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override public void prepare(Path folder) throws IOException {
        Path from = resource(root);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : files.toList())
                Files.copy(each, folder.resolve(root).resolve(from.relativize(each).toString()));
        }
    }

    @Override public Path write(Random random, Path folder) throws IOException {
        byte[] sound = Files.readAllBytes(resource(file));
        boolean json = file.endsWith(".json") && random.nextInt(3) > 0;
        Files.write(folder.resolve(file),
                json ? JsonDamage.of(new String(sound, StandardCharsets.UTF_8), random).getBytes(StandardCharsets.UTF_8)
                        : Damage.of(sound, random));
        return folder.resolve(root);
    }

    @Override public void open(Path file) { Use.open(file); }

    @Override public void use(Path file) { Use.checkpoint(file); }
}
