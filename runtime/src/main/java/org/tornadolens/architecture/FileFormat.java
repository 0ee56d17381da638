package org.tornadolens.architecture;

/** The checkpoint formats in which parameters have names. */
public enum FileFormat {
    HUGGING_FACE("model.layers."), META("layers."), GGUF("blk.");

    private final String block;

    FileFormat(String block) { this.block = block; }

    /** Returns the prefix of the number of a block in the names of its parameters. */
    public String block() {
        return block;
    }
}
