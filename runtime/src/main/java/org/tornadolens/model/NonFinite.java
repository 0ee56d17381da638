package org.tornadolens.model;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.Tensor;

/**
 * The first value of a run that is not a number or infinite, in the order of the computation.
 *
 * @param hook  its name
 * @param row   of the batch
 * @param pos   the position, from the first real token
 * @param value NaN or an infinity
 */
public record NonFinite(String hook, int row, int pos, float value) {

    /** Describes where the value is: {@code blocks.3.hook_mlp_out is NaN at row 0, position 5}. */
    public String inWords() {
        String name = Float.isNaN(value) ? "NaN" : value > 0 ? "infinite" : "minus infinite";
        return hook + " is " + name + " at row " + row + ", position " + pos;
    }

    /**
     * Returns the first output at a position, [batch, pos, …], that is not finite. One number of each vector is read:
     * a product with weights spreads a NaN or an infinity in its input to every number of its output. Masked positions
     * are left out.
     */
    static Optional<NonFinite> inOutputs(String name, Tensor outputs) {
        Tensor one = outputs;
        while (one.shape().rank() > 2) one = one.at(one.shape().names().getLast(), 0);
        for (int row = 0; row < one.shape().size(0); row++) {
            for (int pos = 0; pos < one.shape().size(1); pos++) {
                float number = one.get(row, pos);
                if (Float.isFinite(number) || isMasked(one, row, pos)) continue;
                return Optional.of(new NonFinite(name, row, pos, number));
            }
        }
        return Optional.empty();
    }

    private static boolean isMasked(Tensor values, int row, int pos) {
        return values.mask().map(mask -> mask.get(row, pos) == 0).orElse(false);
    }

    /** Runs the model again, and looks at every value of the pass until one is not finite. */
    static Optional<NonFinite> first(Model model, Tokens tokens, RunOptions options) {
        List<NonFinite> found = new ArrayList<>();
        List<Intervention> looks = new ArrayList<>(options.interventions());
        for (String name : model.hookNames().all()) {
            HookPoint point = model.hookNames().hook(name).point();
            if (point.copyOf().isPresent()) continue;
            looks.add(new Intervention.Hook(Site.of(name), (value, context) -> {
                if (found.isEmpty()) in(name, point, value, tokens).ifPresent(found::add);
                return value;
            }));
        }
        RunOptions watched = new RunOptions(options.keep(), looks, options.at(), options.from(), options.stopAt(),
                options.logits(), options.loss());
        model.run(tokens, watched);
        return found.stream().findFirst();
    }

    /** Returns the first number of a hook's value, of all positions, that is not finite. */
    static Optional<NonFinite> in(String name, HookPoint point, Tensor value, Tokens tokens) {
        String along = point == HookPoint.SCORES || point == HookPoint.PATTERN ? "dest" : "pos";
        for (int row = 0; row < tokens.batch(); row++) {
            for (int pos = tokens.padding()[row]; pos < tokens.length(); pos++) {
                for (float number : numbers(value.at("batch", row).at(along, pos))) {
                    boolean future = point == HookPoint.SCORES && number == Float.NEGATIVE_INFINITY;
                    if (!Float.isFinite(number) && !future)
                        return Optional.of(new NonFinite(name, row, pos - tokens.padding()[row], number));
                }
            }
        }
        return Optional.empty();
    }

    private static float[] numbers(Tensor values) { return values.copy().data().toArray(ValueLayout.JAVA_FLOAT); }
}
