package org.tornadolens.architecture;

import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.UsageException;

/**
 * The optional parts of models related to Llama.
 *
 * @param qkvBias    whether queries, keys and values have biases
 * @param outputBias whether the output projection of attention has a bias
 * @param mlpBias    whether the three linear layers of the MLP have biases
 * @param qkNorm     whether RMSNorm is applied to the queries and keys of each head before the rotation
 * @param window     sliding-window attention; absent: full attention
 */
public record Variant(boolean qkvBias, boolean outputBias, boolean mlpBias, boolean qkNorm, Optional<Window> window) {

    /** A model with none of these parts. */
    public static final Variant PLAIN = new Variant(false, false, false, false, Optional.empty());

    /**
     * Sliding-window attention (Beltagy et al. 2020; Jiang et al. 2023).
     *
     * @param size       number of latest keys that a query attends to, including its own
     * @param firstLayer the first layer with the window; layers before it have full attention
     */
    public record Window(int size, int firstLayer) {
        public Window {
            if (size <= 0)
                throw new UsageException("the sliding window is " + size + "; it must be positive");
            if (firstLayer < 0)
                throw new UsageException("the first layer with a sliding window is " + firstLayer);
        }

        /** Returns a window that applies to every layer. */
        public static Window everywhere(int size) {
            return new Window(size, 0);
        }
    }

    /** Returns this variant with or without biases of queries, keys and values, and of the output projection. */
    public Variant withAttentionBias(boolean ofHeads, boolean ofOutput) {
        return new Variant(ofHeads, ofOutput, mlpBias, qkNorm, window);
    }

    public Variant withMlpBias(boolean bias) { return new Variant(qkvBias, outputBias, bias, qkNorm, window); }

    public Variant withWindow(Optional<Window> limit) {
        return new Variant(qkvBias, outputBias, mlpBias, qkNorm, limit);
    }

    public Variant withQkNorm() { return new Variant(qkvBias, outputBias, mlpBias, true, window); }

    /** Returns the number of latest keys that a query of this layer attends to; absent: all. */
    public OptionalInt window(int layer) {
        return window.filter(w -> layer >= w.firstLayer()).map(w -> OptionalInt.of(w.size()))
                .orElse(OptionalInt.empty());
    }
}
