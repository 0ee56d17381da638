package org.tornadolens.tensor;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.tensor.Elementwise.Binary;

/** Operations that work along one axis and keep it, and the cosine. */
final class AlongAxis {

    private AlongAxis() {}

    /** Changes the vectors along an axis, each with which of its elements count; null if all do. */
    private interface Change {
        void of(float[] x, float[] counts);
    }

    private static Tensor each(Tensor tensor, String axis, Change change) {
        int along = tensor.shape().require(axis);
        int[] order =
                IntStream.concat(IntStream.range(0, tensor.shape().rank()).filter(i -> i != along), IntStream.of(along))
                        .toArray();
        Tensor result = Tensor.zeros(tensor.shape());
        Cursor in = new Cursor(Views.select(tensor, tensor.offset(), order)),
                out = new Cursor(Views.select(result, 0, order));
        Tensor mask = Masks.whole(tensor);
        Cursor real = new Cursor(Views.select(mask, mask.offset(), order));
        float[] x = new float[tensor.shape().size(along)], counts = tensor.mask().isPresent() ? x.clone() : null;
        while (in.read(x) > 0) {
            if (counts != null) real.read(counts);
            change.of(x, counts);
            out.write(x, x.length);
        }
        return result.with(tensor.mask());
    }

    /** Computes exp(x) / Σ exp(x) along one axis; a row in which all elements are -inf gives NaN, padding gives 0. */
    static Tensor softmax(Tensor tensor, String axis) {
        return each(tensor, axis, (x, counts) -> {
            if (counts != null) for (int i = 0; i < x.length; i++) if (counts[i] == 0) x[i] = Float.NEGATIVE_INFINITY;
            if (counts != null && !any(counts)) {
                Arrays.fill(x, 0);
                return;
            }
            float max = Float.NEGATIVE_INFINITY;
            for (float value : x) max = Math.max(max, value);
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) Math.exp(x[i] - max);
                sum += x[i];
            }
            for (int i = 0; i < x.length; i++) x[i] = (float) (x[i] / sum);
        });
    }

    private static boolean any(float[] counts) {
        for (float count : counts) if (count != 0) return true;
        return false;
    }

    /** Sums in double precision up to each index; padding adds nothing. */
    static Tensor cumsum(Tensor tensor, String axis) {
        return each(tensor, axis, (x, counts) -> {
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
                if (counts == null || counts[i] != 0) sum += x[i];
                x[i] = (float) sum;
            }
        });
    }

    /** Sorts the elements that count, then NaN, then padding, which becomes 0. */
    static Tensor sort(Tensor tensor, String axis, boolean descending) {
        Tensor sorted = each(tensor, axis, (x, counts) -> {
            int real = 0;
            for (int i = 0; i < x.length; i++) if (counts == null || counts[i] != 0) x[real++] = x[i];
            Arrays.fill(x, real, x.length, 0);
            Arrays.sort(x, 0, real);   // NaN last
            int numbers = real;
            while (numbers > 0 && Float.isNaN(x[numbers - 1])) numbers--;
            if (descending) reverse(x, numbers);
        });
        Optional<Tensor> mask = tensor.mask()
                .map(own -> own.shape().indexOf(axis) < 0 ? own : sort(own, axis, true));
        return sorted.with(mask);
    }

    private static void reverse(float[] x, int n) {
        for (int i = 0; i < n / 2; i++) {
            float first = x[i];
            x[i] = x[n - 1 - i];
            x[n - 1 - i] = first;
        }
    }

    /** Returns a·b / (‖a‖ ‖b‖) along an axis, and 0 where a norm is 0. */
    static Tensor cosine(Tensor left, Tensor right, String axis) {
        left.shape().require(axis);
        right.shape().require(axis);
        Tensor a = Elementwise.apply(Binary.LEFT, left, right), b = Elementwise.apply(Binary.LEFT, right, left);
        Tensor cosine = a.mul(b).sum(axis), lengths = a.norm(axis).mul(b.norm(axis));
        return cosine.div(lengths.add(lengths.eq(Tensor.scalar(0))));   // a product of norms of 0 divides by 1
    }
}
