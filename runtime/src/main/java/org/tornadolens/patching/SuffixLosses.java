package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.architecture.Hook;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.model.Cache;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.GreedyCoordinateGradient.Prompt;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * The loss of one prompt's target behind many suffixes, the mean of -log p over its tokens, in nats. What stands in
 * front of the suffix is run once, and every suffix continues from its keys and values.
 */
final class SuffixLosses {

    private static final int TOKENS_OF_A_RUN = 2048;

    private final Model model;
    private final Prompt prompt;
    private final RunOptions options;               // logits at the positions that predict the target
    private final Optional<Continuation> continuation;

    SuffixLosses(Model model, Prompt prompt) {
        this.model = model;
        this.prompt = prompt;
        int target = prompt.target().length;
        options = RunOptions.DEFAULT.at(IntStream.range(0, target).mapToObj(i -> i - target).toArray(Integer[]::new));
        // an intervention may name positions, which are those of a whole run
        continuation = model.interventions().isEmpty() ? Optional.of(new Continuation()) : Optional.empty();
    }

    /** Returns the loss of each suffix. All have the same length. */
    double[] of(List<int[]> suffixes) {
        double[] losses = new double[suffixes.size()];
        List<int[]> rows = suffixes.stream().map(this::behind).toList();
        int most = Math.max(1, TOKENS_OF_A_RUN / rows.getFirst().length);
        for (int from = 0; from < losses.length; from += most) {
            List<int[]> some = rows.subList(from, Math.min(losses.length, from + most));
            Tensor logits = continuation.map(c -> c.logits(some)).orElseGet(() -> wholeRun(some));
            for (int row = 0; row < some.size(); row++) losses[from + row] = loss(logits.at("batch", row));
        }
        return losses;
    }

    /** Returns the tokens that are run behind {@code before}: the target's last one is only predicted. */
    private int[] behind(int[] suffix) {
        int[] whole = prompt.complete(suffix);
        return IntStream.range(prompt.before().length, whole.length - 1).map(i -> whole[i]).toArray();
    }

    private Tensor wholeRun(List<int[]> rows) {
        List<int[]> whole = rows.stream().map(row -> Prompt.joined(prompt.before(), row)).toList();
        return model.run(Tokens.of(whole), options).logits(options.at());
    }

    /** Returns the mean of -log p over the target, from logits [pos, dVocab]. */
    private double loss(Tensor logits) {
        int[] target = prompt.target();
        double loss = 0;
        for (int i = 0; i < target.length; i++) {
            Tensor there = logits.at("pos", i);
            double largest = there.max();
            loss += largest + Math.log(there.sub(largest).exp().sum()) - there.get(target[i]);
        }
        return loss / target.length;
    }

    /** Runs that continue from the keys and values of {@code before}. */
    private final class Continuation {

        private final Executable executable;
        private final Value logits;
        private final Map<Extend.Slot, Tensor> past = new HashMap<>();

        Continuation() {
            Program program = Rewrites.extendPast(model.program(options),
                    value -> Hook.of(value.name()).flatMap(Hook::slot));
            executable = model.backend().compile(program, model.weights());
            logits = program.value(ForwardPass.LOGITS).orElseThrow();
            List<Extend.Slot> slots = program.operations().stream().filter(Extend.class::isInstance)
                    .map(operation -> ((Extend) operation).slot()).toList();
            String[] names = slots.stream().map(slot -> Hook.of(slot).name()).toArray(String[]::new);
            Cache cache = model.run(Tokens.of(prompt.before()), RunOptions.DEFAULT.withoutLogits().keep(names)).cache();
            slots.forEach(slot -> past.put(slot, cache.get(Hook.of(slot).name())));
        }

        /** Returns logits [batch, pos, dVocab] at the positions that predict the target. */
        Tensor logits(List<int[]> rows) {
            Tokens tokens = Tokens.of(new ArrayList<>(rows));
            int before = prompt.before().length;
            try (Past restored = executable.past(tokens.batch(), before + tokens.length())) {
                restored.restore(past);
                return executable.run(new Inputs(tokens.ids(), tokens.padding(), Optional.of(restored), Map.of()))
                        .get(logits);
            }
        }
    }
}
