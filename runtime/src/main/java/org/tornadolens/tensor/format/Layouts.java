package org.tornadolens.tensor.format;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Layouts of numbers in files: little-endian, unaligned. */
final class Layouts {

    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Layouts() {}
}
