package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * How a kernel finds its arguments. TornadoVM compiles the values of int parameters into the code, so that a kernel
 * whose sizes were parameters would be compiled anew for every length. Here everything that varies is data: a run is a
 * sequence of blocks of integers in {@code control}, one per launch, and a program counter on the device holds the
 * address of the next block. A block begins with the kernel's number; its arguments follow, at the indices that an
 * interface beside the kernel names.
 *
 * <pre>
 *   control   [0] [1]          two counters
 *             [NOTHING ...]    a block of zeros: no work
 *             [START ...]      block 0 | block 1 | block 2 | ... | lists of indices
 *
 *   kernel    parity 0         parity 1         parity 0
 *   reads     counter 0        counter 1        counter 0
 *   writes    counter 1  ----> counter 0  ----> counter 1        the address of the next block
 * </pre>
 *
 * Launches alternate between the counters: all work-items of one read a counter that no item writes meanwhile, and its
 * first item writes the other. A kernel that meets another's block does nothing and leaves the counter, so that a
 * launch that the driver dropped is noticed at the end of the run, because the counter stopped there.
 */
public final class Block {

    /** Integers of a block, its kernel's number included. */
    public static final int SIZE = 24;
    /** Where a block of zeros lies, and where the first block of a run does. */
    public static final int NOTHING = 8, START = 64;

    private Block() {}

    /**
     * Returns the address of this kernel's block in {@code control}, and moves the counter on.
     *
     * @param number the kernel's number, which its blocks begin with
     */
    static int open(KernelContext context, int number, IntArray parity, IntArray control) {
        int item = context.globalIdx, mine = parity.get(0), at = control.get(mine);
        boolean meant = control.get(at) == number;
        if (meant && item == 0) control.set(1 - mine, at + SIZE);
        return meant ? at : NOTHING;
    }

    // ---- how elements are shared among work-items: interleaved on a GPU, where neighbouring items read together; in
    //      one piece each on a CPU, whose groups have one item

    static int from(KernelContext context, int n) {
        int item = context.globalIdx, items = context.globalGroupSizeX, inGroup = context.localGroupSizeX;
        int share = inGroup == 1 ? (n + items - 1) / items : 1;
        return item * share;
    }

    static int to(KernelContext context, int n) {
        int item = context.globalIdx, items = context.globalGroupSizeX, inGroup = context.localGroupSizeX;
        int share = (n + items - 1) / items;
        return inGroup == 1 ? Math.min(n, (item + 1) * share) : n;
    }

    static int step(KernelContext context) {
        int items = context.globalGroupSizeX, inGroup = context.localGroupSizeX;
        return inGroup == 1 ? 1 : items;
    }

    static int groups(KernelContext context) { return context.globalGroupSizeX / context.localGroupSizeX; }
}
