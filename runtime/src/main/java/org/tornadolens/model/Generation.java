package org.tornadolens.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.program.Past;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Tokens generated one by one, each run reading the keys and values that the runs before it left. Interventions of the
 * model hold for every run; their positions count within the run: the whole prompt first, then single tokens.
 */
public final class Generation {

    /**
     * @param max  tokens to generate at most; the context bounds them too
     * @param stop token ids that end a row
     */
    public record Options(int max, Sampling sampling, long seed, List<Integer> stop) {
        public Options {
            if (max < 0) throw new UsageException("max " + max + ": it must be 0 or more");
            stop = List.copyOf(stop);
        }
    }

    /** Hears of every token as it is chosen; false stops the generation. */
    @FunctionalInterface
    public interface Listener {
        boolean accept(int row, int token);
    }

    private Generation() {}

    /** The prompts and what follows them, row by row, without padding; a row ends with its stop token if it met one. */
    public static List<int[]> generate(Model model, Tokens prompt, Options options, Listener listener) {
        model.check(prompt, 0);
        int max = Math.min(options.max(), model.configuration().nCtx() - prompt.length());
        List<List<Integer>> rows = new ArrayList<>();
        for (int row = 0; row < prompt.batch(); row++) rows.add(new ArrayList<>(Arrays.stream(prompt.row(row)).boxed().toList()));
        if (max > 0) extend(model, prompt, options, max, rows, listener);
        return rows.stream().map(r -> r.stream().mapToInt(Integer::intValue).toArray()).toList();
    }

    private static void extend(Model model, Tokens prompt, Options options, int max, List<List<Integer>> rows, Listener listener) {
        Executable executable = model.continuing(RunOptions.DEFAULT.at(-1));
        Value logits = executable.program().value("logits").orElseThrow();
        Past past = executable.past(prompt.batch(), prompt.length() + max);
        SplittableRandom random = new SplittableRandom(options.seed());
        boolean[] ended = new boolean[prompt.batch()];
        int[] next = prompt.ids();
        for (int step = 0; step < max; step++) {
            Tensor row = executable.run(new Inputs(next, prompt.padding(), Optional.of(past), Map.of())).get(logits);
            next = new int[prompt.batch()];
            for (int b = 0; b < next.length; b++) {
                next[b] = options.sampling().choose(row.at("batch", b).copy().data(), random);
                if (ended[b]) continue;
                rows.get(b).add(next[b]);
                ended[b] = options.stop().contains(next[b]);
                if (!listener.accept(b, next[b])) return;
            }
            if (all(ended)) return;
        }
    }

    private static boolean all(boolean[] flags) {
        for (boolean flag : flags) if (!flag) return false;
        return true;
    }

    /** The end-of-sequence token as the only stop, where the model has one. */
    public static List<Integer> endOfSequence(Configuration configuration) {
        OptionalInt eos = configuration.eos();
        return eos.isPresent() ? List.of(eos.getAsInt()) : List.of();
    }
}
