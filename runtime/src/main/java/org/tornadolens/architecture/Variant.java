package org.tornadolens.architecture;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What models close to Llama may have besides Llama's parts.
 *
 * @param qkvBias    biases of queries, keys and values
 * @param outputBias a bias of what attention writes
 * @param mlpBias    biases of an MLP's three linear layers
 * @param qkNorm     an RMSNorm of each head's queries and keys before they are rotated
 * @param window     attention to the latest keys only
 */
public record Variant(boolean qkvBias, boolean outputBias, boolean mlpBias, boolean qkNorm, Optional<Window> window) {

    /** None of these. */
    public static final Variant PLAIN = new Variant(false, false, false, false, Optional.empty());

    /**
     * Attention to the latest keys only (Beltagy et al. 2020; Jiang et al. 2023).
     *
     * @param size       keys that a query sees, its own included
     * @param firstLayer the first layer whose queries see no more; those of the layers before it see all keys
     */
    public record Window(int size, int firstLayer) {
        public Window {
            if (size <= 0)
                throw new IllegalArgumentException("the sliding window is " + size + "; it must be positive");
            if (firstLayer < 0)
                throw new IllegalArgumentException("the first layer with a sliding window is " + firstLayer);
        }

        /** The same window in every layer. */
        public static Window everywhere(int size) { return new Window(size, 0); }
    }

    /** Biases of queries, keys and values, and of what attention writes. */
    public Variant withAttentionBias(boolean ofHeads, boolean ofOutput) {
        return new Variant(ofHeads, ofOutput, mlpBias, qkNorm, window);
    }

    public Variant withMlpBias(boolean bias) { return new Variant(qkvBias, outputBias, bias, qkNorm, window); }

    public Variant withWindow(Optional<Window> limit) {
        return new Variant(qkvBias, outputBias, mlpBias, qkNorm, limit);
    }

    public Variant withQkNorm() { return new Variant(qkvBias, outputBias, mlpBias, true, window); }

    /** How many of the latest keys a query of this layer sees; absent: all. */
    public OptionalInt window(int layer) {
        return window.filter(w -> layer >= w.firstLayer()).map(w -> OptionalInt.of(w.size()))
                .orElse(OptionalInt.empty());
    }
}
