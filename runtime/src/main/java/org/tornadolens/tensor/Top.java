package org.tornadolens.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.tornadolens.UsageException;

/**
 * One of the largest elements of a tensor.
 *
 * @param index its index by axis: {layer=5, head=1}
 */
public record Top(float value, Map<String, Integer> index) {

    private record Candidate(float value, long at) {}

    /** Orders smaller values first; among equal values, the later one first. */
    private static final Comparator<Candidate> WORST_FIRST =
            Comparator.comparingDouble(Candidate::value)
                    .thenComparing(Comparator.comparingLong(Candidate::at).reversed());

    static List<Top> of(Tensor tensor, int k) {
        if (k < 1) throw new UsageException("top(" + k + "): ask for at least one");
        PriorityQueue<Candidate> best = new PriorityQueue<>(WORST_FIRST);
        Cursor in = new Cursor(tensor), real = new Cursor(Masks.whole(tensor));
        float[] x = new float[Cursor.BUFFER], counts = new float[Cursor.BUFFER];
        boolean padded = tensor.mask().isPresent();
        long at = 0;
        for (int n; (n = in.read(x)) > 0; at += n) {
            if (padded) real.read(counts);
            for (int i = 0; i < n; i++) {
                if (Float.isNaN(x[i])) continue;
                if (best.size() == k && x[i] <= best.peek().value) continue;
                if (padded && counts[i] == 0) continue;
                if (best.size() == k) best.poll();
                best.add(new Candidate(x[i], at + i));
            }
        }
        List<Top> top = new ArrayList<>();
        while (!best.isEmpty()) {
            Candidate worst = best.poll();
            top.add(new Top(worst.value, index(tensor.shape(), worst.at)));
        }
        Collections.reverse(top);
        return top;
    }

    /** Returns the index by axis of the {@code at}-th element in row-major order. */
    private static Map<String, Integer> index(Shape shape, long at) {
        Map<String, Integer> index = new LinkedHashMap<>();
        long[] strides = shape.strides();
        for (int i = 0; i < shape.rank(); i++)
            index.put(shape.axes().get(i).name(), (int) (at / strides[i] % shape.size(i)));
        return Collections.unmodifiableMap(index);
    }
}
