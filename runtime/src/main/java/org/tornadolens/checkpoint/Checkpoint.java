package org.tornadolens.checkpoint;

import java.nio.file.Path;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * An opened checkpoint: every parameter of {@link org.tornadolens.architecture.Parameters#all()} is present with its
 * shape, memory-mapped and not yet read.
 *
 * @param source the file or folder that was opened
 * @param format the name of its format for display: "safetensors", "GGUF v3", "llama2.c v0", "Meta .pth"
 */
public record Checkpoint(Path source, String format, Configuration configuration, Weights weights,
        TokenizerSource tokenizer) {

    /** Returns this checkpoint with its matrices converted to another type, in memory. */
    public Checkpoint converted(DType type) {
        return new Checkpoint(source, format + " as " + type, configuration, Conversion.convert(weights, type),
                tokenizer);
    }
}
