package org.tornadolens.tensor;

import java.util.Arrays;
import java.util.Optional;
import org.tornadolens.tensor.format.BF16;
import org.tornadolens.tensor.format.BlockFormat;
import org.tornadolens.tensor.format.F16;
import org.tornadolens.tensor.format.F32;
import org.tornadolens.tensor.format.IQ4_NL;
import org.tornadolens.tensor.format.IQ4_XS;
import org.tornadolens.tensor.format.MXFP4;
import org.tornadolens.tensor.format.Q2_K;
import org.tornadolens.tensor.format.Q3_K;
import org.tornadolens.tensor.format.Q4_0;
import org.tornadolens.tensor.format.Q4_1;
import org.tornadolens.tensor.format.Q4_K;
import org.tornadolens.tensor.format.Q5_0;
import org.tornadolens.tensor.format.Q5_1;
import org.tornadolens.tensor.format.Q5_K;
import org.tornadolens.tensor.format.Q6_K;
import org.tornadolens.tensor.format.Q8_0;

/**
 * The element types of weights: each is a constant here and a {@link BlockFormat}, which defines its layout and decodes
 * it. Backends have faster kernels for some types, in tables of their own; all other types use the decoder of the
 * format.
 */
public enum DType {
    F32(new F32()),
    F16(new F16()),
    BF16(new BF16()),
    Q8_0(new Q8_0()),
    Q4_0(new Q4_0()),
    Q4_1(new Q4_1()),
    Q5_0(new Q5_0()),
    Q5_1(new Q5_1()),
    Q2_K(new Q2_K()),
    Q3_K(new Q3_K()),
    Q4_K(new Q4_K()),
    Q5_K(new Q5_K()),
    Q6_K(new Q6_K()),
    IQ4_NL(new IQ4_NL()),
    IQ4_XS(new IQ4_XS()),
    MXFP4(new MXFP4());

    private final BlockFormat format;
    private final int blockElements;
    private final int blockBytes;

    DType(BlockFormat format) {
        this.format = format;
        this.blockElements = format.elements();
        this.blockBytes = format.bytes();
    }

    public BlockFormat format() { return format; }

    /** Returns the number of consecutive elements that are stored as a block. */
    public int blockElements() {
        return blockElements;
    }

    public int blockBytes() { return blockBytes; }

    public boolean quantised() { return blockElements > 1; }

    /** Returns the size of {@code elements} elements in bytes; they must fill whole blocks. */
    public long bytes(long elements) {
        if (elements % blockElements != 0) {
            throw new IllegalArgumentException(
                    elements + " elements do not fill whole " + this + " blocks of " + blockElements);
        }
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }

    /** Returns the type of this name, in upper or lower case. */
    public static Optional<DType> named(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equalsIgnoreCase(name)).findFirst();
    }
}
