package org.tornadolens.architecture;

import static org.tornadolens.program.Size.Symbol.BATCH;
import static org.tornadolens.program.Size.Symbol.KEY;
import static org.tornadolens.program.Size.Symbol.POS;

import java.util.function.ToIntFunction;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;

/** The axes of the values and parameters of a model. */
public enum AxisKind {
    BATCH_ROW("batch", BATCH),
    POSITION("pos", POS),
    /** The position that attends (query). */
    DESTINATION("dest", POS),
    /** The position that is attended to (key), including those of the past. */
    SOURCE("src", KEY),
    HEAD("head", Configuration::nHeads),
    KV_HEAD("kvHead", Configuration::nKvHeads),
    D_MODEL("dModel", Configuration::dModel),
    D_HEAD("dHead", Configuration::dHead),
    D_MLP("dMlp", Configuration::dMlp),
    D_VOCAB("dVocab", Configuration::dVocab),
    /** The single divisor of a norm, of length 1. */
    NORM_SCALE("scale", _ -> 1);

    private final String text;
    private final Size symbol;   // null if the configuration determines the size
    private final ToIntFunction<Configuration> size;

    AxisKind(String text, Size symbol) {
        this.text = text;
        this.symbol = symbol;
        this.size = _ -> { throw new IllegalStateException(text + " has no size before a run"); };
    }

    AxisKind(String text, ToIntFunction<Configuration> size) {
        this.text = text;
        this.symbol = null;
        this.size = size;
    }

    /** Returns the name of the axis in tensors and scripts. */
    public String text() { return text; }

    /** Returns the length of the axis; batch rows and positions have none before a run. */
    public int size(Configuration configuration) {
        return size.applyAsInt(configuration);
    }

    Value.Dimension dimension(Configuration configuration) {
        return new Value.Dimension(text, symbol != null ? symbol : new Size.Fixed(size(configuration)));
    }
}
