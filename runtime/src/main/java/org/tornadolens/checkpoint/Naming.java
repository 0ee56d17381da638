package org.tornadolens.checkpoint;

import java.util.Optional;
import java.util.regex.Pattern;
import org.tornadolens.architecture.Family;
import org.tornadolens.architecture.FileFormat;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.tensor.RowOrder;

/**
 * How the files of a checkpoint name and order parameters.
 *
 * @param ignored     names of tensors that may be present and do not affect the model
 * @param interleaved whether rotary pairs are (2i, 2i + 1) within a head, as in Meta's files, rather than
 *                    (i, i + dHead/2), as in Hugging Face's
 */
record Naming(FileFormat format, Pattern ignored, boolean interleaved) {

    static final Naming HUGGING_FACE =
            new Naming(FileFormat.HUGGING_FACE, Pattern.compile(".*rotary_emb\\.inv_freq"), false);
    static final Naming META =
            new Naming(FileFormat.META, Pattern.compile("rope\\.freqs|.*\\.inner_attention\\.rope\\.freqs"), true);

    /** The naming of GGUF, where the order of the rows of W_Q and W_K depends on the family. */
    static Naming gguf(Family family) {
        return new Naming(FileFormat.GGUF, Pattern.compile("rope_freqs\\.weight|blk\\.\\d+\\.attn_rot_embd"),
                family.interleavedInGguf());
    }

    /** Returns the name of a parameter in this format; absent where the format cannot hold it. */
    Optional<String> of(Parameters.Entry entry) {
        return entry.spec().name(format, entry.layer());
    }

    /** Returns how the rows of a parameter are ordered in a file of this format. */
    RowOrder order(ParameterSpec spec, int dHead) {
        return interleaved && spec.rotated() ? new RowOrder.Interleaved(dHead) : RowOrder.IDENTITY;
    }
}
