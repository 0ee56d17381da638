package org.tornadolens.architecture;

/** The formats of files that name parameters. */
public enum FileFormat {
    HUGGING_FACE("model.layers."), META("layers."), GGUF("blk.");

    private final String block;

    FileFormat(String block) { this.block = block; }

    /** What stands before a block's number. */
    public String block() { return block; }
}
