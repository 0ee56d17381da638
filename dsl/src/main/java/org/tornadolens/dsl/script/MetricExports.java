package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.TextTokens;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Behind {@code metrics.js}: metrics of runs. */
public final class MetricExports {

    /** Returns the id of the one token that a text means. */
    @HostAccess.Export public int token(Model model, String text) {
        return TextTokens.single(model, text);
    }

    @HostAccess.Export public Metric logitDiff(Model model, Value correct, Value wrong, int pos) {
        return new Metric.LogitDifference(ids(model, correct), ids(model, wrong), pos);
    }

    @HostAccess.Export public Metric logit(Model model, Value tokens, int pos) {
        return new Metric.Logit(ids(model, tokens), pos);
    }

    /** @param sets arrays of ids, one for each row or one for all */
    @HostAccess.Export public Metric logProb(Model model, Value sets, int pos) {
        return new Metric.LogProbability(sets(model, sets), pos);
    }

    @HostAccess.Export public Metric prob(Model model, Value sets, int pos) {
        return new Metric.Probability(sets(model, sets), pos);
    }

    @HostAccess.Export public Metric rank(Model model, Value tokens, int pos) {
        return new Metric.Rank(ids(model, tokens), pos);
    }

    @HostAccess.Export public Metric loss(int from) { return new Metric.Loss(from); }

    @HostAccess.Export public Metric kl(Run reference, int pos) {
        Tensor logits = reference.logits(Optional.of(List.of(pos)));
        return new Metric.KlDivergence(logits.contiguous() ? logits : logits.copy(), pos);
    }

    /** Returns one number for each row [batch]. */
    @HostAccess.Export public Tensor of(Metric metric, Run run) {
        double[] numbers = metric.of(run);
        float[] floats = new float[numbers.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) numbers[i];
        return Tensor.of(Shape.of("batch", floats.length), floats);
    }

    private static List<List<Integer>> sets(Model model, Value sets) {
        List<List<Integer>> lists = new ArrayList<>();
        for (long i = 0; i < sets.getArraySize(); i++) lists.add(ids(model, sets.getArrayElement(i)));
        return lists;
    }

    private static List<Integer> ids(Model model, Value array) {
        List<Integer> ids = Arrays.stream(Arguments.ints(array)).boxed().toList();
        for (int id : ids) {
            if (id < 0 || id >= model.configuration().dVocab())
                throw new UsageException(
                        "no token " + id + ": this model has tokens 0 to " + (model.configuration().dVocab() - 1));
        }
        return ids;
    }
}
