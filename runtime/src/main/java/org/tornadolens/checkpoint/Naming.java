package org.tornadolens.checkpoint;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tornadolens.architecture.Family;
import org.tornadolens.architecture.FileFormat;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.tensor.RowOrder;

/**
 * How a checkpoint's files name and order parameters.
 *
 * @param ignored     tensors that may be there and change nothing
 * @param interleaved rotary pairs are (2i, 2i + 1) within a head, as Meta's, rather than (i, i + dHead/2), as Hugging Face's
 */
record Naming(FileFormat format, Pattern ignored, boolean interleaved) {

    static final Naming HUGGING_FACE =
            new Naming(FileFormat.HUGGING_FACE, Pattern.compile(".*rotary_emb\\.inv_freq"), false);
    static final Naming META =
            new Naming(FileFormat.META, Pattern.compile("rope\\.freqs|.*\\.inner_attention\\.rope\\.freqs"), true);

    /** GGUF, whose rows of queries and keys are ordered by the family. */
    static Naming gguf(Family family) {
        return new Naming(FileFormat.GGUF, Pattern.compile("rope_freqs\\.weight|blk\\.\\d+\\.attn_rot_embd"),
                family.interleavedInGguf());
    }

    /** The format's name of a parameter; absent where it cannot hold it. */
    Optional<String> of(Parameters.Entry entry) {
        return entry.spec().name(format, entry.layer());
    }

    /** Where a parameter's canonical rows lie in a file of this format. */
    RowOrder order(ParameterSpec spec, int dHead) {
        return interleaved && spec.rotated() ? new RowOrder.Interleaved(dHead) : RowOrder.IDENTITY;
    }
}
