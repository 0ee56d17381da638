package org.tornadolens.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.tornadolens.tensor.Tensor;

/** Writes f32 values little-endian and row-major. */
final class Values {

    private Values() {}

    static void write(FileChannel channel, Tensor tensor) throws IOException {
        AtomicFile.writeAll(channel, (tensor.contiguous() ? tensor : tensor.copy()).data());
    }
}
