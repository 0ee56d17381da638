package org.tornadolens.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.tornadolens.tokenizer.RandomModels;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;

/** A tokenizer.model: one of the tests, damaged, or one by rules, which may be damaged too. */
record MadeSentencePiece(String sound) implements Target {

    @Override public String name() { return sound.isEmpty() ? "tokenizer.model by rules" : "tokenizer.model " + sound; }

    @Override public Path write(Random random, Path folder) throws IOException {
        byte[] bytes = sound.isEmpty() ? RandomModels.draw(random)
                : Files.readAllBytes(Damaged.resource("../tokenizer/" + sound + ".model"));
        boolean damaged = !sound.isEmpty() || random.nextInt(4) == 0;
        return Files.write(folder.resolve("tokenizer.model"), damaged ? Damage.of(bytes, random) : bytes);
    }

    @Override public void open(Path file) { Tokenizer.open(file); }

    @Override public void use(Path file) { Use.tokenizer(new TokenizerSource.SentencePieceModel(file)); }
}
