package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;

import java.lang.foreign.MemorySegment;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

/**
 * Rows of numbers of any weight type in memory, read as floats: a weight in its canonical row order, or activations
 * {@code rowBytes} apart. Who makes one keeps the memory reachable.
 */
record Rows(DType type, long address, long rowBytes, RowOrder order) {

    private static final int LARGEST_BLOCK = 256;

    static Rows of(Weight weight) {
        if (!weight.data().isNative()) {
            throw new IllegalArgumentException(
                    weight.name() + " lies on the heap; the CPU kernels take off-heap memory");
        }
        return new Rows(weight.type(), weight.data().address(), weight.rowBytes(), weight.order());
    }

    /** Whether rows lie one after the other as they are counted. */
    boolean inOrder() {
        return order == RowOrder.IDENTITY;
    }

    /** The address of the block that holds element {@code column} of canonical row {@code row}. */
    long address(int row, int column) {
        return address + order.stored(row) * rowBytes + (long) (column / type.blockElements()) * type.blockBytes();
    }

    /** Decodes elements {@code column … column+n-1} of a row to {@code target[at …]}; they may begin and end within a block. */
    void read(int row, int column, int n, float[] target, int at) {
        int block = type.blockElements();
        int skip = column % block;
        if (skip != 0) {
            int part = Math.min(n, block - skip);
            readWithin(address(row, column), skip, part, target, at);
            column += part;
            at += part;
            n -= part;
        }
        int whole = n - n % block;
        if (whole > 0) Decoder.decode(type, address(row, column), whole, target, at);
        if (n > whole) readWithin(address(row, column + whole), 0, n - whole, target, at + whole);
    }

    /** The same of {@code count} rows from {@code row} on, {@code stride} apart in {@code target}: as one where they lie one after the other. */
    void read(int row, int count, int column, int n, float[] target, int at, int stride) {
        if (stride == n && type.bytes(n / type.blockElements() * type.blockElements()) == rowBytes && inOrder()) {
            Decoder.decode(type, address(row, column), count * n, target, at);
        } else {
            for (int r = 0; r < count; r++) read(row + r, column, n, target, at + r * stride);
        }
    }

    /** Copies {@code bytes} of each of {@code count} rows from {@code row} on, from element {@code column}, where a block begins. */
    void copy(int row, int count, int column, long bytes, long target) {
        if (bytes == rowBytes && inOrder()) {
            MemorySegment.copy(ALL, address(row, column), ALL, target, count * bytes);
        } else {
            for (int r = 0; r < count; r++)
                MemorySegment.copy(ALL, address(row + r, column), ALL, target + r * bytes, bytes);
        }
    }

    private void readWithin(long source, int skip, int n, float[] target, int at) {
        float[] decoded = Scratch.mine().get(Scratch.Use.BLOCK, LARGEST_BLOCK);
        Decoder.decode(type, source, type.blockElements(), decoded, 0);
        System.arraycopy(decoded, skip, target, at, n);
    }
}
