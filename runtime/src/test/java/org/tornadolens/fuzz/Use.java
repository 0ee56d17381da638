package org.tornadolens.fuzz;

import java.nio.file.Path;
import java.util.List;
import org.tornadolens.UsageException;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerException;
import org.tornadolens.tokenizer.TokenizerSource;

/** What is done with a file that opens. */
final class Use {

    private static final List<String> TEXTS = List.of("the cat  <s>\n", "\u00e9\ud83d\ude00\0x \ufb01", "   ",
            "a".repeat(300), "\u2581\u2581a", "abc\u00e9".repeat(60));

    private Use() {}

    /** Opens a checkpoint. */
    static Checkpoint open(Path checkpoint) { return Checkpoints.open(checkpoint); }

    /** Reads every weight at both ends, encodes and decodes, and runs three tokens. */
    static void checkpoint(Path path) {
        Checkpoint opened = open(path);
        for (String name : opened.weights().names()) {
            Weight weight = opened.weights().get(name);
            weight.get(0, 0);
            weight.get(weight.rows() - 1, weight.columns() - 1);
        }
        try {
            Model.open(path).run(Tokens.of(1, 2, 3), RunOptions.DEFAULT);
        } catch (UsageException | MemoryException e) {
            Fuzzer.requireOneLine(e);   // the run does not fit
        }
        if (opened.tokenizer() instanceof TokenizerSource.None) return;
        try {
            tokenizer(opened.tokenizer());
        } catch (TokenizerException e) {
            Fuzzer.requireOneLine(e);   // the model runs on ids
        }
    }

    static void tokenizer(TokenizerSource source) {
        Tokenizer tokenizer = Tokenizer.open(source);
        for (String text : TEXTS) {
            try {
                int[] ids = tokenizer.encode(text);
                for (int id : ids) if (id < 0) throw new AssertionError("the id " + id);
                tokenizer.decode(ids);
            } catch (UsageException e) {
                Fuzzer.requireOneLine(e);   // a text that becomes too long
            }
        }
        for (int id : new int[]{0, 1, tokenizer.size() / 2, tokenizer.size() - 1, tokenizer.size(), 1 << 30}) {
            tokenizer.label(id);
            tokenizer.bytes(id);
            tokenizer.decode(id);
        }
    }
}
