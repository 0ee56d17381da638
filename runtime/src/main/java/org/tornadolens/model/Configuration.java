package org.tornadolens.model;

import java.util.OptionalInt;

/**
 * The shape of a Llama-architecture model.
 *
 * @param nKvHeads  heads of keys and values; query head h reads key/value head h / (nHeads / nKvHeads)
 * @param dHead     size of one head, independent of dModel / nHeads
 * @param nCtx      longest sequence
 * @param normEps   epsilon of RMSNorm
 * @param tied      the unembedding is the embedding
 */
public record Configuration(int nLayers, int nHeads, int nKvHeads, int dModel, int dHead, int dMlp, int dVocab, int nCtx,
                            double ropeTheta, RopeScaling ropeScaling, double normEps, boolean tied,
                            OptionalInt bos, OptionalInt eos) {

    public Configuration {
        positive("nLayers", nLayers); positive("nHeads", nHeads); positive("nKvHeads", nKvHeads); positive("dModel", dModel);
        positive("dHead", dHead); positive("dMlp", dMlp); positive("dVocab", dVocab); positive("nCtx", nCtx);
        if (nHeads % nKvHeads != 0) throw new IllegalArgumentException("nHeads " + nHeads + " is not a multiple of nKvHeads " + nKvHeads);
        if (dHead % 2 != 0) throw new IllegalArgumentException("dHead " + dHead + " is odd; rotary embeddings need pairs");
        if ((long) nHeads * dHead > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(nHeads + " heads of " + dHead + " are more than a matrix can have rows");
        }
        if (!(ropeTheta > 0 && Double.isFinite(ropeTheta))) throw new IllegalArgumentException("ropeTheta " + ropeTheta + " is not a positive number");
        if (!(normEps > 0 && Double.isFinite(normEps))) throw new IllegalArgumentException("normEps " + normEps + " is not a positive number");
    }

    private static void positive(String name, int value) {
        if (value <= 0) throw new IllegalArgumentException(name + " is " + value + "; it must be positive");
    }

    /** Query heads that share one key/value head. */
    public int headsPerKv() { return nHeads / nKvHeads; }

    /** The same shape with an unembedding of its own. */
    public Configuration untied() {
        return new Configuration(nLayers, nHeads, nKvHeads, dModel, dHead, dMlp, dVocab, nCtx, ropeTheta, ropeScaling, normEps, false, bos, eos);
    }
}
