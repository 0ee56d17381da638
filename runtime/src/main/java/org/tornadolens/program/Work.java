package org.tornadolens.program;

import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The work of runs, counted from their programs and sizes without running them. Changes of selected parts, which touch
 * little, count as operations only.
 *
 * @param products   multiply-adds of activations with weights, and of activations with each other for gradients of
 *                   weights
 * @param weights    elements of weights read: once by every operation that reads a matrix
 * @param attention  multiply-adds between positions, of pairs that no mask excludes
 * @param elements   numbers that all other operations read or write, whichever is more
 * @param operations operations that compute something
 */
public record Work(double products, double weights, double attention, double elements, long operations) {

    public static final Work NONE = new Work(0, 0, 0, 0, 0);

    /** Counts one run. */
    public static Work of(Program program, Sizes sizes) {
        return program.operations().stream().map(operation -> of(operation, sizes)).reduce(NONE, Work::plus);
    }

    public Work plus(Work other) {
        return new Work(products + other.products, weights + other.weights, attention + other.attention,
                elements + other.elements, operations + other.operations);
    }

    public Work times(long n) {
        return new Work(n * products, n * weights, n * attention, n * elements, n * operations);
    }

    private static Work of(Operation operation, Sizes sizes) {
        return switch (operation) {
            case Operation.Supplied _,Operation.Copy _,Operation.Extend _ -> NONE;
            case Operation.SelectiveChange _ -> new Work(0, 0, 0, 0, 1);
            case Operation.Linear o -> product(o.out(), o.weight().columns(), size(o.weight()), sizes);
            case Derivative.LinearInput o -> product(o.out(), o.weight().rows(), size(o.weight()), sizes);
            case Operation.LinearPerHead o -> product(o.out(), last(o.x(), sizes), size(o.weight()), sizes);
            case Derivative.LinearPerHeadInput o -> product(o.out(), last(o.dy(), sizes), size(o.weight()), sizes);
            case Operation.HeadResult o ->
                    product(o.out(), last(o.z(), sizes), part(o.weight(), o.heads().size(), o.z(), sizes), sizes);
            case Derivative.HeadResultInput o ->
                    product(o.dy(), last(o.out(), sizes), part(o.weight(), o.heads().size(), o.out(), sizes), sizes);
            case Derivative.LinearWeight o -> gradient(o.out(), positions(sizes), sizes);
            case Derivative.LinearPerHeadWeight o -> gradient(o.out(), positions(sizes), sizes);
            case Derivative.HeadResultWeight o -> gradient(o.out(), positions(sizes), sizes);
            case Operation.Scores o -> attention(o.q(), 1, sizes);
            case Operation.Mix o -> attention(o.out(), 1, sizes);
            case Operation.Attend o -> attention(o.q(), 2, sizes);
            case Derivative.ScoresQueries o -> attention(o.out(), 1, sizes);
            case Derivative.ScoresKeys o -> attention(o.q(), 1, sizes);
            case Derivative.MixPattern o -> attention(o.dy(), 1, sizes);
            case Derivative.MixValues o -> attention(o.dy(), 1, sizes);
            case Derivative.AttendInputs o -> attention(o.q(), 5, sizes);   // scores, and two for each product
            default -> new Work(0, 0, 0, largest(operation, sizes), 1);
        };
    }

    /** A product whose result {@code out} sums over {@code summed} elements for each of its own. */
    private static Work product(Value out, long summed, long weights, Sizes sizes) {
        return new Work((double) out.elements(sizes) * summed, weights, 0, 0, 1);
    }

    private static Work gradient(Value weight, long summed, Sizes sizes) {
        return new Work((double) weight.elements(sizes) * summed, 0, 0, 0, 1);
    }

    /** Products over the head's dimension for every query, [B,T,H,dHead], and every key that it may see. */
    private static Work attention(Value queries, int products, Sizes sizes) {
        double keys = sizes.past() + (sizes.pos() + 1) / 2.0;
        return new Work(0, 0, products * queries.elements(sizes) * keys, 0, 1);
    }

    private static long largest(Operation operation, Sizes sizes) {
        return Stream.concat(Stream.of(operation.out()), operation.inputs().stream())
                .flatMapToLong(value -> LongStream.of(value.elements(sizes))).max().orElseThrow();
    }

    private static long positions(Sizes sizes) { return (long) sizes.batch() * sizes.pos(); }

    private static long size(Parameter weight) { return (long) weight.rows() * weight.columns(); }

    /** The elements of W_O that belong to some heads; the last axis of {@code z} is the head's dimension. */
    private static long part(Parameter weight, int heads, Value z, Sizes sizes) {
        return (long) weight.rows() * heads * last(z, sizes);
    }

    private static int last(Value value, Sizes sizes) { return value.dimensions().getLast().size().bind(sizes); }
}
