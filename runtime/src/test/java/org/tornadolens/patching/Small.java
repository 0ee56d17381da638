package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;

/** Small models, and the plain loop of whole runs with which everything in this package must agree. */
final class Small {

    static final double TOLERANCE = 1e-5;

    private Small() {}

    static List<String> shapes() {
        return List.of("multi-head", "grouped-query", "odd-sizes", "llama-bias", "mistral", "qwen3");
    }

    /** Returns random rows of these lengths, padded on the left. */
    static Tokens tokens(Model model, long seed, int... lengths) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> rows = new ArrayList<>();
        for (int length : lengths) rows.add(random.ints(length, 3, model.configuration().dVocab()).toArray());
        return Tokens.of(rows);
    }

    /** Replaces the tokens at a position, counted from each row's first real token. */
    static Tokens corrupted(Tokens tokens, int position) {
        int[] ids = tokens.ids().clone();
        for (int row = 0; row < tokens.batch(); row++) {
            int at = row * tokens.length() + tokens.padding()[row] + position;
            ids[at] = ids[at] == 5 ? 6 : 5;
        }
        return new Tokens(ids, tokens.padding());
    }

    static Run everything(Model model, Tokens tokens) { return model.run(tokens, RunOptions.DEFAULT.keep("*")); }

    static Intervention patch(Site site, Run from) { return new Intervention.Patch(site, from.cache().data()); }

    /** Makes one whole run for each cell. */
    static double[][] loop(Model model, Tokens tokens, List<List<Intervention>> cells, Metric metric) {
        return cells.stream().map(cell -> metric.of(model.run(tokens, RunOptions.DEFAULT.with(cell))))
                .toArray(double[][]::new);
    }

    static void assertSame(List<?> cells, double[][] expected, double[][] actual) {
        for (int cell = 0; cell < expected.length; cell++) {
            for (int row = 0; row < expected[cell].length; row++) {
                assertEquals(expected[cell][row], actual[cell][row],
                        TOLERANCE * Math.max(1, Math.abs(expected[cell][row])),
                        cells.get(cell) + " row " + row + " of " + Arrays.toString(actual[cell]));
            }
        }
    }
}
