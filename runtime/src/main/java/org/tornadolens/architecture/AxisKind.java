package org.tornadolens.architecture;
import static org.tornadolens.program.Size.Symbol.BATCH;
import static org.tornadolens.program.Size.Symbol.KEY;
import static org.tornadolens.program.Size.Symbol.POS;

import java.util.function.ToIntFunction;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;

/** The axes that values and parameters of a model have. */
public enum AxisKind {
    BATCH_ROW("batch", BATCH),
    POSITION("pos", POS),
    /** The position that attends. */
    DESTINATION("dest", POS),
    /** The position that is attended to, those of the past included. */
    SOURCE("src", KEY),
    HEAD("head", Configuration::nHeads),
    KV_HEAD("kvHead", Configuration::nKvHeads),
    D_MODEL("dModel", Configuration::dModel),
    D_HEAD("dHead", Configuration::dHead),
    D_MLP("dMlp", Configuration::dMlp),
    D_VOCAB("dVocab", Configuration::dVocab),
    /** The only number of a vector that a norm divides by. */
    NORM_SCALE("scale", _ -> 1);

    private final String text;
    private final Size symbol;   // null where the configuration gives the size
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

    /** The name that tensors and scripts use. */
    public String text() { return text; }

    /** The length that the configuration gives; batch rows and positions have none. */
    public int size(Configuration configuration) {
        return size.applyAsInt(configuration);
    }

    Value.Dimension dimension(Configuration configuration) {
        return new Value.Dimension(text, symbol != null ? symbol : new Size.Fixed(size(configuration)));
    }
}
