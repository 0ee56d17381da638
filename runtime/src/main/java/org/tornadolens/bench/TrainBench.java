package org.tornadolens.bench;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Backends;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tokenizer.TokenizerSource;
import org.tornadolens.training.Batch;
import org.tornadolens.training.Trainer;
import org.tornadolens.training.TrainingOptions;

/** Measures steps of training (forward, backward, AdamW) of small models on random tokens; prints a Markdown table. */
public final class TrainBench {

    private static final int WARM_UP = 6;

    /** Time per shape; the compiler needs most of it before steps are as fast as in a long training. */
    private static final double SECONDS = 12;

    private TrainBench() {}

    private record Shape(int width, int layers, int heads, int hidden, int vocabulary, int rows, int tokens) {

        Configuration configuration() {
            return Configuration.llama(new Configuration.Blocks(layers, width, hidden, 1e-6),
                    new Configuration.Heads(heads, heads, width / heads),
                    Configuration.Context.of(tokens, 10_000), Configuration.Vocabulary.of(vocabulary, false));
        }

        /**
         * Returns the FLOPs of the matrix products of a step: per weight and token, once forward and twice backward.
         */
        double flops() {
            double weights = 0;
            for (Parameters.Entry entry : new Parameters(configuration()).entries()) {
                if (!entry.spec().vector() && entry.spec() != ParameterSpec.EMBEDDING)
                    weights += (double) entry.parameter().rows() * entry.parameter().columns();
            }
            return 6 * weights * rows * tokens;
        }
    }

    private static final List<Shape> SHAPES = List.of(new Shape(128, 1, 4, 512, 114, 3830, 3),
            new Shape(192, 6, 6, 512, 2048, 32, 64), new Shape(256, 4, 8, 704, 2048, 16, 128));

    /**
     * @param progress receives the name of each measurement
     * @param out      receives the table line by line at the end
     */
    public static void run(Consumer<String> progress, Consumer<String> out) {
        List<String> rows = new ArrayList<>();
        for (Shape s : SHAPES) {
            double seconds = best(s);
            String what = s.layers + " layers of width " + s.width;
            rows.add(
                    String.format(Locale.ROOT, "| %s, vocabulary %d | %d × %d tokens | %.1f ms | %.2f | %.0f GFLOP/s |",
                            what, s.vocabulary, s.rows, s.tokens,
                            1e3 * seconds, 1 / seconds, s.flops() / seconds / 1e9));
            progress.accept(what);
        }
        out.accept("Steps of training (forward, backward, AdamW), " + LocalDate.now() + ", " + Backends.cpu().device()
                + ", Java " + Runtime.version());
        out.accept("");
        out.accept("| model | batch | a step | steps a second | its matrix products |");
        out.accept("|---|---|---|---|---|");
        rows.forEach(out);
    }

    private static double best(Shape shape) {
        SplittableRandom random = new SplittableRandom(0);
        Batch batch = new Batch(new Tokens(random.ints((long) shape.rows * shape.tokens, 0, shape.vocabulary).toArray(),
                new int[shape.rows]));
        double[] best = {Double.MAX_VALUE};
        long[] last = {System.nanoTime()};
        long end = last[0] + (long) (SECONDS * 1e9);
        new Trainer(shape.configuration(), new TokenizerSource.None("random tokens"), (_, _) -> batch,
                TrainingOptions.of(100_000, shape.rows, 1e-3, 0).every(1))
                .run(new Trainer.Listener() {
                    @Override public void stepped(Trainer.Step step) {
                        long now = System.nanoTime();
                        if (step.step() > WARM_UP) best[0] = Math.min(best[0], (now - last[0]) / 1e9);
                    }

                    @Override public boolean evaluated(Trainer.Step step, Model model) {
                        last[0] = System.nanoTime();
                        return step.step() > WARM_UP && last[0] > end;
                    }
                });
        return best[0];
    }
}
