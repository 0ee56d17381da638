package org.tornadolens.tensor.format;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Numbers in files: little-endian, at any address. */
final class Layouts {

    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Layouts() {}
}
