package org.tornadolens.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import org.tornadolens.tensor.Tensor;

/** Writes f32 values little-endian and row-major. */
final class Values {

    private static final int BUFFERED = 1 << 16;   // elements

    private Values() {}

    static void write(FileChannel channel, float[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        AtomicFile.writeAll(channel, bytes);
    }

    /** A contiguous tensor straight from its memory, a view element by element. */
    static void write(FileChannel channel, Tensor tensor) throws IOException {
        if (tensor.contiguous() && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            AtomicFile.writeAll(channel, tensor.data());
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect(BUFFERED * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int[] index = new int[tensor.shape().rank()];
        for (long i = 0; i < tensor.elements(); i++) {
            bytes.putFloat(tensor.get(index));
            advance(index, tensor.shape().sizes());
            if (!bytes.hasRemaining()) {
                AtomicFile.writeAll(channel, bytes.flip());
                bytes.clear();
            }
        }
        AtomicFile.writeAll(channel, bytes.flip());
    }

    /** The next index in row-major order. */
    private static void advance(int[] index, int[] sizes) {
        for (int axis = index.length - 1; axis >= 0 && ++index[axis] == sizes[axis]; axis--) index[axis] = 0;
    }
}
