package org.tornadolens.backend.cpu.attention;

import org.tornadolens.backend.cpu.attention.FusedAttentionGradient.Operands;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.pointwise.Vectors;

/**
 * The gradients of the heads that share one key/value head, in one batch row of few positions, for each pair of
 * destination and source.
 */
record PairwiseAttentionGradient(Operands in, int row, int kvHead) {

    /** Describes what a thread works in: for each source its weight and its slope. */
    static Layout scratch(int pos) {
        return Layout.of(Region.SCORES, 2 * pos);
    }

    void run(Layout layout) {
        AttentionSizes sizes = in.sizes();
        float[] scratch = layout.array(Region.SCORES);
        for (int j = 0; j < sizes.pos(); j++) {
            Vectors.clear(sizes.dHead(), in.keyGradient(row, kvHead) + j * in.outStride());
            Vectors.clear(sizes.dHead(), in.valueGradient(row, kvHead) + j * in.outStride());
        }
        for (int head = kvHead * sizes.group(); head < (kvHead + 1) * sizes.group(); head++) {
            for (int i = 0; i < sizes.pos(); i++) destination(head, i, scratch);
        }
    }

    /** @param scratch the weights of the sources that destination i sees, and their slopes */
    private void destination(int head, int i, float[] scratch) {
        AttentionSizes sizes = in.sizes();
        int dHead = sizes.dHead(), begin = Math.max(sizes.padding()[row], sizes.beforeWindow(i)), slopes = sizes.pos();
        long query = in.q() + 4 * sizes.queryOffset(row, i, head), dz = in.dz() + 4 * sizes.queryOffset(row, i, head);
        long key = in.k() + 4 * sizes.keyOffset(row, kvHead), value = in.v() + 4 * sizes.keyOffset(row, kvHead);
        long dq = in.queryGradient(row, head) + i * in.outStride(), dk = in.keyGradient(row, kvHead),
                dv = in.valueGradient(row, kvHead);
        Vectors.clear(dHead, dq);
        if (begin > i) return;
        float max = Float.NEGATIVE_INFINITY;
        for (int j = begin; j <= i; j++)
            max = Math.max(max, scratch[j] = Vectors.dot(query, key + j * in.keyStride(), dHead) * sizes.factor());
        float sum = 0, mean = 0;
        for (int j = begin; j <= i; j++) sum += scratch[j] = (float) Math.exp(scratch[j] - max);
        for (int j = begin; j <= i; j++) {
            scratch[j] /= sum;
            scratch[slopes + j] = Vectors.dot(dz, value + j * in.keyStride(), dHead);
            mean += scratch[j] * scratch[slopes + j];
        }
        for (int j = begin; j <= i; j++) {
            float slope = scratch[j] * (scratch[slopes + j] - mean) * sizes.factor();
            Vectors.add(slope, key + j * in.keyStride(), dHead, dq);
            Vectors.add(slope, query, dHead, dk + j * in.outStride());
            Vectors.add(scratch[j], dz, dHead, dv + j * in.outStride());
        }
    }
}
