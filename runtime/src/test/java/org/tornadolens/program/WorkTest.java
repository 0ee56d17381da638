package org.tornadolens.program;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tornadolens.program.Value.Dimension;

/** Work is counted exactly, from a program and the sizes of its run. */
class WorkTest {

    private static final int D = 6, HEADS = 4, KV = 2, WIDTH = 3, MLP = 10;   // sizes that no two axes share
    private static final Sizes SIZES = new Sizes(2, 5, 0);
    private static final int TOKENS = 10;
    private static final Parameter GATE = new Parameter("gate", MLP, D), OUTPUT = new Parameter("o", D, HEADS * WIDTH);

    private static Value of(String name, Object... axes) {
        Dimension[] dimensions = new Dimension[2 + axes.length / 2];
        dimensions[0] = new Dimension("batch", Size.Symbol.BATCH);
        dimensions[1] = new Dimension("pos", Size.Symbol.POS);
        for (int i = 0; i < axes.length; i += 2)
            dimensions[2 + i / 2] = new Dimension((String) axes[i], new Size.Fixed((Integer) axes[i + 1]));
        return Value.of(name, dimensions);
    }

    private static final Value X = of("x", "dModel", D), PRE = of("pre", "dMlp", MLP), UP = of("up", "dMlp", MLP),
            POST = of("post", "dMlp", MLP), Q = of("q", "head", HEADS, "dHead", WIDTH),
            K = of("k", "kvHead", KV, "dHead", WIDTH), V = of("v", "kvHead", KV, "dHead", WIDTH),
            Z = of("z", "head", HEADS, "dHead", WIDTH);

    private static Work work(Sizes sizes, Operation... operations) {
        return Work.of(new Program(List.of(operations), Set.of()), sizes);
    }

    @Test void aProductTakesAMultiplyAddForEachWeightAndToken() {
        assertEquals(new Work(TOKENS * MLP * D, MLP * D, 0, TOKENS * MLP, 2), work(SIZES, new Operation.Given(X),
                new Operation.Given(UP), new Operation.Linear(X, GATE, PRE), new Operation.SwiGlu(PRE, UP, POST)));
    }

    @Test void attentionComparesEachQueryWithEachKeyThatItSees() {
        Operation[] attend = {new Operation.Given(Q), new Operation.Given(K), new Operation.Given(V),
                new Operation.Attend(Q, K, V, OptionalInt.empty(), Z)};
        int pairs = 2 * (1 + 2 + 3 + 4 + 5);   // of both rows
        assertEquals(new Work(0, 0, 2 * pairs * HEADS * WIDTH, 0, 1), work(SIZES, attend));
        assertEquals(new Work(0, 0, 2 * (pairs + TOKENS * 7) * HEADS * WIDTH, 0, 1),
                work(new Sizes(2, 5, 7), attend));
    }

    @Test void someHeadsOutputTakesTheirPartOfTheWeights() {
        Operation result = new Operation.HeadResult(Z, OUTPUT, List.of(1, 3), of("result", "head", 2, "dModel", D));
        assertEquals(new Work(TOKENS * 2 * D * WIDTH, 2 * D * WIDTH, 0, 0, 1),
                work(SIZES, new Operation.Given(Z), result));
    }

    @Test void aBackwardPassTakesAProductForTheInputAndOneForTheWeight() {
        Value dy = of("dy", "dMlp", MLP), dx = of("dx", "dModel", D),
                dw = Value.of("dw", new Dimension("row", new Size.Fixed(MLP)),
                        new Dimension("column", new Size.Fixed(D)));
        assertEquals(new Work(2 * TOKENS * MLP * D, MLP * D, 0, 0, 2),
                work(SIZES, new Operation.Given(X), new Operation.Given(dy),
                        new Derivative.LinearInput(dy, GATE, dx), new Derivative.LinearWeight(dy, X, dw)));
    }

    @Test void aChangeOfAPartIsOneOperation() {
        Selection all = Selection.ALL;
        assertEquals(new Work(0, 0, 0, 0, 1),
                work(SIZES, new Operation.Given(X), new Operation.Zero(X, all, X.next())));
    }

    @Test void workAddsUp() {
        Work one = new Work(1, 2, 3, 4, 5);
        assertEquals(new Work(3, 6, 9, 12, 15), one.plus(one.times(2)));
        assertEquals(one, one.plus(Work.NONE));
    }
}
