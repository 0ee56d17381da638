package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.cpu.Attention.Sizes;

/**
 * The backward pass of attention whose pattern nobody keeps: it is computed anew, head by head (after Dao et al., 2022).
 * The gradients of queries, keys and values come out side by side: [batch, pos, heads + 2 kvHeads, dHead].
 */
final class FusedAttentionGradient {

    private FusedAttentionGradient() {}

    static void inputs(MemorySegment dz, MemorySegment q, MemorySegment k, MemorySegment v, Sizes sizes, MemorySegment out) {
        long gradient = Memory.address(dz, sizes.queryElements(), "the gradient of attention's output");
        long queries = Memory.address(q, sizes.queryElements(), "attention's queries");
        long keys = Memory.address(k, sizes.keyElements(), "attention's keys"), values = Memory.address(v, sizes.keyElements(), "attention's values");
        int parts = sizes.heads() + 2 * sizes.kvHeads();
        long to = Memory.address(out, (long) sizes.batch() * sizes.pos() * parts * sizes.dHead(), "attention's gradients");
        Threads.range(sizes.batch() * sizes.kvHeads(), 1, (first, last) -> {
            float[] pattern = new float[sizes.pos()], slopes = new float[sizes.pos()];
            for (int task = first; task < last; task++) {
                new Group(sizes, task / sizes.kvHeads(), task % sizes.kvHeads(), gradient, queries, keys, values, to, pattern, slopes).run();
            }
        });
        Reference.reachabilityFence(dz);
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(out);
    }

    /** The heads that share one key/value head, in one batch row, destination by destination. */
    private record Group(Sizes sizes, int row, int kvHead, long dz, long q, long k, long v, long out, float[] pattern, float[] slopes) {

        void run() {
            int dHead = sizes.dHead();
            for (int j = 0; j < sizes.pos(); j++) {
                Vectors.clear(dHead, part(j, sizes.heads() + kvHead));
                Vectors.clear(dHead, part(j, sizes.heads() + sizes.kvHeads() + kvHead));
            }
            for (int head = kvHead * sizes.group(); head < (kvHead + 1) * sizes.group(); head++) {
                for (int i = 0; i < sizes.pos(); i++) destination(head, i);
            }
        }

        /** Where the gradient of a head of queries, keys or values begins. */
        private long part(int position, int head) {
            return out + 4L * (((long) row * sizes.pos() + position) * (sizes.heads() + 2 * sizes.kvHeads()) + head) * sizes.dHead();
        }

        private void destination(int head, int i) {
            int dHead = sizes.dHead(), begin = sizes.padding()[row];
            long query = q + 4 * sizes.queryOffset(row, i, head), gradient = dz + 4 * sizes.queryOffset(row, i, head), dq = part(i, head);
            long step = 4L * sizes.kvHeads() * dHead, key = k + 4 * sizes.keyOffset(row, kvHead), value = v + 4 * sizes.keyOffset(row, kvHead);
            Vectors.clear(dHead, dq);
            if (begin > i) return;
            float max = Float.NEGATIVE_INFINITY;
            for (int j = begin; j <= i; j++) max = Math.max(max, pattern[j] = Vectors.dot(query, key + j * step, dHead) * sizes.factor());
            float sum = 0;
            for (int j = begin; j <= i; j++) sum += pattern[j] = (float) Math.exp(pattern[j] - max);
            float mean = 0;
            for (int j = begin; j <= i; j++) {
                pattern[j] /= sum;
                slopes[j] = Vectors.dot(gradient, value + j * step, dHead);
                mean += pattern[j] * slopes[j];
            }
            for (int j = begin; j <= i; j++) {
                float slope = pattern[j] * (slopes[j] - mean) * sizes.factor();
                Vectors.add(slope, key + j * step, dHead, dq);
                Vectors.add(slope, query, dHead, part(j, sizes.heads() + kvHead));
                Vectors.add(pattern[j], gradient, dHead, part(j, sizes.heads() + sizes.kvHeads() + kvHead));
            }
        }
    }
}
