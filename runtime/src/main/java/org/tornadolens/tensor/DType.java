package org.tornadolens.tensor;

import java.util.Optional;

/**
 * The element types a weight can be stored in. Quantised types store blocks: {@code blockElements}
 * consecutive elements of a row take {@code blockBytes} bytes (layouts: docs/formats.md).
 */
public enum DType {
    F32(1, 4),
    F16(1, 2),
    BF16(1, 2),
    Q8_0(32, 34),
    Q4_0(32, 18),
    Q4_K(256, 144),
    Q6_K(256, 210);

    private final int blockElements;
    private final int blockBytes;

    DType(int blockElements, int blockBytes) {
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    public int blockElements() { return blockElements; }

    public int blockBytes() { return blockBytes; }

    public boolean quantised() { return blockElements > 1; }

    /** Bytes that {@code elements} elements take; they must fill whole blocks. */
    public long bytes(long elements) {
        if (elements % blockElements != 0) {
            throw new IllegalArgumentException(elements + " elements do not fill whole " + this + " blocks of " + blockElements);
        }
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }

    /** The type of this name, upper or lower case. */
    public static Optional<DType> named(String name) {
        for (DType type : values()) {
            if (type.name().equalsIgnoreCase(name)) return Optional.of(type);
        }
        return Optional.empty();
    }
}
