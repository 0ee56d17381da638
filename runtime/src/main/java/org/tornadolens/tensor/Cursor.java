package org.tornadolens.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.tornadolens.Interruption;

/**
 * Reads or writes the elements of a tensor of any strides in row-major order, one buffer at a time, so that operations
 * are plain loops over arrays.
 */
final class Cursor {

    /** Elements of a buffer: two or three buffers fit into the L1 cache. */
    static final int BUFFER = 2048;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final MemorySegment data;
    private final int[] sizes;       // axes that are contiguous with each other are merged
    private final long[] strides;
    private final int[] index;
    private long at;                 // element offset of the current index
    private long remaining;          // elements not yet visited

    Cursor(Tensor tensor) {
        data = tensor.segment();
        remaining = tensor.elements();
        at = tensor.offset();
        int[] size = new int[Math.max(1, tensor.shape().rank())];
        long[] stride = new long[size.length];
        int last = 0;
        size[0] = 1;
        for (int axis = 0; axis < tensor.shape().rank(); axis++) {
            int length = tensor.shape().size(axis);
            long step = tensor.strides()[axis];
            if (length == 1) continue;
            boolean merges = stride[last] == step * length && (long) size[last] * length <= Integer.MAX_VALUE;
            if (size[last] == 1) {
                size[last] = length;
                stride[last] = step;
            } else if (merges) {
                size[last] *= length;
                stride[last] = step;
            } else {
                last++;
                size[last] = length;
                stride[last] = step;
            }
        }
        sizes = java.util.Arrays.copyOf(size, last + 1);
        strides = java.util.Arrays.copyOf(stride, last + 1);
        index = new int[last + 1];
    }

    /** Reads the next {@code count} elements, or fewer at the end, and returns how many. */
    int read(float[] into, int count) {
        Interruption.check();
        int n = (int) Math.min(count, remaining);
        for (int done = 0; done < n;) {
            int run = run(n - done);
            long step = strides[strides.length - 1];
            if (step == 1) MemorySegment.copy(data, FLOAT, at * Float.BYTES, into, done, run);
            else if (step == 0) java.util.Arrays.fill(into, done, done + run, data.getAtIndex(FLOAT, at));
            else for (int i = 0; i < run; i++) into[done + i] = data.getAtIndex(FLOAT, at + i * step);
            advance(run);
            done += run;
        }
        return n;
    }

    int read(float[] into) { return read(into, into.length); }

    /** Writes {@code count} elements. */
    void write(float[] from, int count) {
        for (int done = 0; done < count;) {
            int run = run(count - done);
            long step = strides[strides.length - 1];
            if (step == 1) MemorySegment.copy(from, done, data, FLOAT, at * Float.BYTES, run);
            else for (int i = 0; i < run; i++) data.setAtIndex(FLOAT, at + i * step, from[done + i]);
            advance(run);
            done += run;
        }
    }

    /** Returns how many of the wanted elements are in the current row. */
    private int run(int wanted) {
        int inner = sizes.length - 1;
        return Math.min(wanted, sizes[inner] - index[inner]);
    }

    private void advance(int run) {
        remaining -= run;
        int axis = sizes.length - 1;
        index[axis] += run;
        at += run * strides[axis];
        while (axis > 0 && index[axis] == sizes[axis]) {
            at -= sizes[axis] * strides[axis];
            index[axis--] = 0;
            index[axis]++;
            at += strides[axis];
        }
    }
}
