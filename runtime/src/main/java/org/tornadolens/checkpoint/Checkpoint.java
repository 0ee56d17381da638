package org.tornadolens.checkpoint;
import java.nio.file.Path;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * An opened checkpoint: every parameter of {@link org.tornadolens.architecture.Parameters#all()} present with its shape,
 * memory-mapped and not yet read.
 *
 * @param format what was opened, for people: "safetensors", "GGUF v3", "llama2.c v0", "Meta .pth"
 */
public record Checkpoint(Path source, String format, Configuration configuration, Weights weights,
        TokenizerSource tokenizer) {

    /** The same with its matrices converted to another type, in memory. */
    public Checkpoint converted(DType type) {
        return new Checkpoint(source, format + " as " + type, configuration, Conversion.convert(weights, type),
                tokenizer);
    }
}
