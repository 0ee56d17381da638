package org.tornadolens.model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.program.Past;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Generates tokens one by one; each run reads the keys and values of the runs before it. The interventions of the model
 * apply to every run: the whole prompt first, then single tokens. Positions counted from the start of a row mean tokens
 * of the prompt, positions counted from the end the newest token of each run. Data of another run applies to the prompt
 * only.
 */
public final class Generation {

    /**
     * @param max  most tokens to generate; the context length is a further limit
     * @param stop token ids that end a row
     */
    public record Options(int max, Sampling sampling, long seed, List<Integer> stop) {
        public Options {
            if (max < 0) throw new UsageException("max " + max + ": it must be 0 or more");
            stop = List.copyOf(stop);
        }
    }

    /** Receives every token as it is chosen; returning false stops the generation. */
    @FunctionalInterface public interface Listener {
        boolean accept(int row, int token);
    }

    private Generation() {}

    /** Returns each row's prompt and continuation without padding; a row that met a stop token ends with it. */
    public static List<int[]> generate(Model model, Tokens prompt, Options options, Listener listener) {
        model.check(prompt, 0);
        int max = Math.min(options.max(), model.configuration().nCtx() - prompt.length());
        List<List<Integer>> rows = new ArrayList<>();
        for (int row = 0; row < prompt.batch(); row++)
            rows.add(new ArrayList<>(Arrays.stream(prompt.row(row)).boxed().toList()));
        if (max > 0) extend(model, prompt, options, max, rows, listener);
        return rows.stream().map(r -> r.stream().mapToInt(Integer::intValue).toArray()).toList();
    }

    private static void extend(Model model, Tokens prompt, Options options, int max, List<List<Integer>> rows,
            Listener listener) {
        Step first = new Step(model), later = new Step(model.forNewTokens());
        Past past = first.executable().past(prompt.batch(), prompt.length() + max);
        SplittableRandom random = new SplittableRandom(options.seed());
        boolean[] ended = new boolean[prompt.batch()];
        int[] next = prompt.ids();
        Tensor logits = Tensor.zeros(first.logits().shape(new Sizes(prompt.batch(), 1, 0)));   // [batch, 1, dVocab]
        for (int step = 0; step < max; step++) {
            (step == 0 ? first : later).run(next, prompt.padding(), past, logits);
            next = new int[prompt.batch()];
            for (int b = 0; b < next.length; b++) {
                next[b] = options.sampling().choose(logits.at("batch", b).data(), random);
                if (ended[b]) continue;
                rows.get(b).add(next[b]);
                ended[b] = options.stop().contains(next[b]);
                if (!listener.accept(b, next[b])) return;
            }
            if (all(ended)) return;
        }
    }

    /** The compiled run of a model that continues a past. */
    private record Step(Model model, Prepared prepared, Value logits) {
        private static final RunOptions LAST = RunOptions.DEFAULT.at(-1);

        Step(Model model) { this(model, model.continuing(LAST)); }

        private Step(Model model, Prepared prepared) {
            this(model, prepared, prepared.executable().program().value("logits").orElseThrow());
        }

        Executable executable() { return prepared.executable(); }

        /** Runs tokens and writes the logits of the last position to {@code into}, [batch, 1, dVocab]. */
        void run(int[] tokens, int[] padding, Past past, Tensor into) {
            Sizes sizes = new Sizes(padding.length, tokens.length / padding.length, past.length());
            executable().run(
                    new Inputs(tokens, padding, Optional.of(past), model.lent(prepared.plan(), LAST, sizes, padding)),
                    Map.of(logits, into));
        }
    }

    private static boolean all(boolean[] flags) {
        for (boolean flag : flags) if (!flag) return false;
        return true;
    }

    /** Returns the end-of-sequence token as the only stop token; none if the model has none. */
    public static List<Integer> endOfSequence(Configuration configuration) {
        return configuration.eos();
    }
}
