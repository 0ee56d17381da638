package org.tornadolens.architecture;

import java.util.List;
import java.util.OptionalInt;
import org.tornadolens.UsageException;
import org.tornadolens.program.Rotary;

/**
 * The shape of a model.
 *
 * @param family  reads the configurations of such models and builds their forward pass
 * @param variant the optional parts of the model
 */
public record Configuration(Family family, Blocks blocks, Heads heads, Context context, Vocabulary vocabulary,
        Variant variant) {

    /**
     * The residual stream and the blocks.
     *
     * @param nLayers number of blocks
     * @param dModel  width of the residual stream
     * @param dMlp    neurons of each MLP
     * @param normEps epsilon of RMSNorm
     */
    public record Blocks(int nLayers, int dModel, int dMlp, double normEps) {
        public Blocks {
            positive("nLayers", nLayers);
            positive("dModel", dModel);
            positive("dMlp", dMlp);
            positive("normEps", normEps);
        }
    }

    /**
     * The attention heads of each layer.
     *
     * @param nHeads   heads of queries
     * @param nKvHeads heads of keys and values; query head h reads key/value head h / (nHeads / nKvHeads)
     * @param dHead    size of one head, which need not be dModel / nHeads
     */
    public record Heads(int nHeads, int nKvHeads, int dHead) {
        public Heads {
            positive("nHeads", nHeads);
            positive("nKvHeads", nKvHeads);
            positive("dHead", dHead);
            if (nHeads % nKvHeads != 0) {
                throw new UsageException("nHeads " + nHeads + " is not a multiple of nKvHeads " + nKvHeads);
            }
            if (dHead % 2 != 0)
                throw new UsageException("dHead " + dHead + " is odd; rotary embeddings need pairs");
            if ((long) nHeads * dHead > Integer.MAX_VALUE) {
                throw new UsageException(
                        nHeads + " heads of size " + dHead + " are more rows than a matrix can have");
            }
        }
    }

    /**
     * The context length and the rotary embeddings.
     *
     * @param nCtx        longest sequence, in tokens
     * @param ropeTheta   base of the rotary frequencies
     * @param ropeScaling scaling of the frequencies for long sequences
     */
    public record Context(int nCtx, double ropeTheta, RopeScaling ropeScaling) {
        public Context {
            positive("nCtx", nCtx);
            positive("ropeTheta", ropeTheta);
        }

        /** Returns a context without scaling. */
        public static Context of(int nCtx, double ropeTheta) {
            return new Context(nCtx, ropeTheta, RopeScaling.NONE);
        }
    }

    /**
     * The tokens.
     *
     * @param dVocab rows of the embedding
     * @param tied   whether the unembedding is the transposed embedding
     * @param bos    the token at the start of a text; absent: none
     * @param eos    the token at the end of a text; absent: none
     */
    public record Vocabulary(int dVocab, boolean tied, OptionalInt bos, List<Integer> eos) {
        public Vocabulary {
            positive("dVocab", dVocab);
            eos = List.copyOf(eos);
        }

        /** Returns a vocabulary with at most one token that ends generation. */
        public Vocabulary(int dVocab, boolean tied, OptionalInt bos, OptionalInt eos) {
            this(dVocab, tied, bos, eos.stream().boxed().toList());
        }

        /** Returns a vocabulary without special tokens. */
        public static Vocabulary of(int dVocab, boolean tied) {
            return new Vocabulary(dVocab, tied, OptionalInt.empty(), List.of());
        }
    }

    /** Returns a Llama of this shape, without biases. */
    public static Configuration llama(Blocks blocks, Heads heads, Context context, Vocabulary vocabulary) {
        return new Configuration(Families.LLAMA, blocks, heads, context, vocabulary, Variant.PLAIN);
    }

    private static void positive(String name, int value) {
        if (value <= 0) throw new UsageException(name + " is " + value + "; it must be positive");
    }

    private static void positive(String name, double value) {
        if (!(value > 0 && Double.isFinite(value))) {
            throw new UsageException(name + " " + value + " is not a positive number");
        }
    }

    // ---- the sizes by their names in papers and scripts

    public int nLayers() { return blocks.nLayers(); }

    public int dModel() { return blocks.dModel(); }

    public int dMlp() { return blocks.dMlp(); }

    public double normEps() { return blocks.normEps(); }

    public int nHeads() { return heads.nHeads(); }

    public int nKvHeads() { return heads.nKvHeads(); }

    public int dHead() { return heads.dHead(); }

    public int nCtx() { return context.nCtx(); }

    public double ropeTheta() { return context.ropeTheta(); }

    public RopeScaling ropeScaling() { return context.ropeScaling(); }

    public int dVocab() { return vocabulary.dVocab(); }

    public boolean tied() { return vocabulary.tied(); }

    public OptionalInt bos() { return vocabulary.bos(); }

    /** The tokens at each of which generation ends. */
    public List<Integer> eos() { return vocabulary.eos(); }

    /** Returns the number of query heads that share one key/value head. */
    public int headsPerKv() {
        return nHeads() / nKvHeads();
    }

    /** Returns the rotation of queries and keys. */
    public Rotary rotary() {
        return ropeScaling().rotary(ropeTheta(), dHead(), nCtx());
    }

    /** Returns this shape with a separate unembedding. */
    public Configuration untied() {
        return with(new Vocabulary(dVocab(), false, bos(), eos()));
    }

    public Configuration with(Vocabulary other) {
        return new Configuration(family, blocks, heads, context, other, variant);
    }

    public Configuration with(Heads other) {
        return new Configuration(family, blocks, other, context, vocabulary, variant);
    }

    public Configuration with(Variant other) {
        return new Configuration(family, blocks, heads, context, vocabulary, other);
    }
}
