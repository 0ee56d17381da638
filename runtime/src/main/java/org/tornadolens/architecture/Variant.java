package org.tornadolens.architecture;

/**
 * What models close to Llama may have besides Llama's parts.
 *
 * @param qkvBias    biases of queries, keys and values
 * @param outputBias a bias of what attention writes
 * @param mlpBias    biases of an MLP's three linear layers
 */
public record Variant(boolean qkvBias, boolean outputBias, boolean mlpBias) {

    /** None of these. */
    public static final Variant PLAIN = new Variant(false, false, false);

    /** Biases of queries, keys and values, and of what attention writes. */
    public Variant withAttentionBias(boolean ofHeads, boolean ofOutput) { return new Variant(ofHeads, ofOutput, mlpBias); }

    public Variant withMlpBias(boolean bias) { return new Variant(qkvBias, outputBias, bias); }
}
