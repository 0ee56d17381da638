package org.tornadolens.backend.cpu.weight;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

/**
 * The rows of a weight of any type, in canonical order, read as floats. The creator keeps the weight reachable.
 *
 * @param address  of the first stored row
 * @param rowBytes from one stored row to the next
 * @param order    where canonical rows are stored
 */
public record WeightRows(DType type, long address, long rowBytes, RowOrder order) {

    private static final int LARGEST_BLOCK = 256;   // elements
    private static final Layout ONE_BLOCK = Layout.of(Region.BLOCK, LARGEST_BLOCK);

    /** Describes the rows of a weight, which must lie off the heap. */
    public static WeightRows of(Weight weight) {
        if (!weight.data().isNative()) {
            throw new IllegalArgumentException(
                    weight.name() + " lies on the heap; the CPU kernels take off-heap memory");
        }
        return new WeightRows(weight.type(), weight.data().address(), weight.rowBytes(), weight.order());
    }

    /** Whether rows are stored in canonical order, without gaps. */
    public boolean inOrder() {
        return order == RowOrder.IDENTITY;
    }

    /** What reading elements {@code column … column+n-1} works in: a block, where they begin or end within one. */
    public Layout scratch(int column, int n) {
        int block = type.blockElements();
        return column % block == 0 && n % block == 0 ? Layout.NONE : ONE_BLOCK;
    }

    /** The address of the block that holds element {@code column} of canonical row {@code row}. */
    public long address(int row, int column) {
        return address + order.stored(row) * rowBytes + (long) (column / type.blockElements()) * type.blockBytes();
    }

    /**
     * Decodes elements {@code column … column+n-1} of a row to {@code target[at …]}; they may begin and end within a
     * block.
     */
    public void read(int row, int column, int n, float[] target, int at) {
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

    /**
     * Decodes the same elements of {@code count} rows from {@code row} on; in {@code target} rows are {@code stride}
     * floats apart. Rows that are stored one after the other are decoded as one.
     */
    public void read(int row, int count, int column, int n, float[] target, int at, int stride) {
        if (stride == n && type.bytes(n / type.blockElements() * type.blockElements()) == rowBytes && inOrder()) {
            Decoder.decode(type, address(row, column), count * n, target, at);
        } else {
            for (int r = 0; r < count; r++) read(row + r, column, n, target, at + r * stride);
        }
    }

    /**
     * Copies the stored bytes of {@code count} rows from {@code row} on, {@code bytes} of each from element
     * {@code column}, where a block begins.
     */
    public void copy(int row, int count, int column, long bytes, long target) {
        if (bytes == rowBytes && inOrder()) {
            MemorySegment.copy(ALL, address(row, column), ALL, target, count * bytes);
        } else {
            for (int r = 0; r < count; r++)
                MemorySegment.copy(ALL, address(row + r, column), ALL, target + r * bytes, bytes);
        }
    }

    private void readWithin(long source, int skip, int n, float[] target, int at) {
        float[] decoded = ONE_BLOCK.array(Region.BLOCK);
        Decoder.decode(type, source, type.blockElements(), decoded, 0);
        System.arraycopy(decoded, skip, target, at, n);
    }
}
