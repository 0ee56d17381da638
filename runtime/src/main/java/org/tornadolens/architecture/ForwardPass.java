package org.tornadolens.architecture;

import static org.tornadolens.architecture.AxisKind.BATCH_ROW;
import static org.tornadolens.architecture.AxisKind.D_MODEL;
import static org.tornadolens.architecture.AxisKind.D_VOCAB;
import static org.tornadolens.architecture.AxisKind.POSITION;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Value;

/**
 * Builds the forward pass of a model as a program, in the order of data flow: the embedding, the blocks of the model's
 * {@link Family}, the final norm, and the unembedding.
 */
public final class ForwardPass {

    /** The name of the logits, [batch, pos, dVocab]. */
    public static final String LOGITS = "logits";
    /** The name of the residual stream after the final norm, [batch, pos, dModel]. */
    public static final String FINAL_NORMED = "ln_final.out";

    final Configuration configuration;
    final Parameters parameters;
    private final Split split;
    private final List<Operation> operations = new ArrayList<>();

    /**
     * What a program computes separately because an intervention changes it.
     *
     * @param written     the optional hooks ({@link HookPoint#optional}) that are changed; all others are omitted,
     *                    since they are copies of other values
     * @param resultHeads for each layer whose {@code attn.hook_result} is changed, the heads computed separately
     */
    public record Split(Set<Hook> written, Map<Integer, List<Integer>> resultHeads) {

        public static final Split NONE = new Split(Set.of(), Map.of());

        public Split {
            written = Set.copyOf(written);
            resultHeads = Map.copyOf(resultHeads);
        }
    }

    private ForwardPass(Configuration configuration, Split split) {
        this.configuration = configuration;
        this.parameters = new Parameters(configuration);
        this.split = split;
    }

    /** Returns the whole forward pass up to the logits, in which no value is marked as kept. */
    public static Program of(Configuration configuration, Split split) {
        return new ForwardPass(configuration, split).build();
    }

    private Program build() {
        Value residual = add(new Operation.Embed(parameters.get(ParameterSpec.EMBEDDING), hook(HookPoint.EMBED, -1)));
        for (int layer = 0; layer < configuration.nLayers(); layer++) {
            residual = configuration.family().forward(new Block(this, layer), residual);
        }
        Value normed = norm(residual, parameters.get(ParameterSpec.NORM_FINAL), hook(HookPoint.FINAL_SCALE, -1),
                hook(HookPoint.FINAL_NORMALIZED, -1), value(FINAL_NORMED, BATCH_ROW, POSITION, D_MODEL));
        add(new Operation.Linear(normed, parameters.unembedding(), value(LOGITS, BATCH_ROW, POSITION, D_VOCAB)));
        return new Program(operations, Set.of());
    }

    /** Appends RMSNorm: x divided by the root of its mean square over the last axis, times a gain. */
    Value norm(Value x, Parameter gain, Value scale, Value normalized, Value out) {
        add(new Operation.NormScale(x, configuration.normEps(), scale));
        add(new Operation.Normalize(x, scale, normalized));
        return add(new Operation.Gain(normalized, gain, out));
    }

    boolean written(HookPoint point, int layer) { return split.written().contains(new Hook(point, layer)); }

    List<Integer> resultHeads(int layer) { return split.resultHeads().get(layer); }

    Value add(Operation operation) {
        operations.add(operation);
        return operation.out();
    }

    /** Returns the value of a hook point. */
    Value hook(HookPoint point, int layer) {
        return point.value(configuration, layer);
    }

    /** Returns a value that is not a hook point. */
    Value value(String name, AxisKind... axes) {
        Value.Dimension[] dimensions = new Value.Dimension[axes.length];
        for (int i = 0; i < axes.length; i++) dimensions[i] = axes[i].dimension(configuration);
        return Value.of(name, dimensions);
    }
}
