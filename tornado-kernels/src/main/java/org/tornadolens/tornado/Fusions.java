package org.tornadolens.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;

/**
 * Neighbouring operations that runs of few rows take in one launch, where nothing else reads the values between them.
 * Decoding would otherwise wait for launches rather than for arithmetic.
 *
 * <pre>
 *   RmsNorm -> Project, Project, Project     the norm and the products that read it, each perhaps with a bias
 *   RmsNorm -> Project, Project -> SwiGlu    the same with the SwiGLU of two products
 *   Project -> Bias -> Add                   a product, its bias and the residual addition, or one of both
 *   Extend, Rotate, Rotate, Extend           what attention reads, rotated and appended to the past; norms of queries
 *                                            and keys between them, where a model has them, are launched before
 *   the same -> Attend                       the same with attention itself, for single tokens on CPUs
 * </pre>
 */
final class Fusions {

    private final List<Operation> operations;
    private final Program program;
    private final Layout layout;
    private final Sizes sizes;
    private final Tuning tuning;
    private final Map<Value, Integer> readers;

    /** A product and the bias that is added to each of its rows. */
    record Product(Operation.Linear project, Optional<Operation.Bias> bias) {

        Product(Operation.Linear project) { this(project, Optional.empty()); }

        Value out() { return bias.map(Operation.Bias::out).orElse(project.out()); }

        private boolean leadsTo(Operation.Bias next) { return bias.isEmpty() && next.x().equals(project.out()); }
    }

    /**
     * @param norm     the norm of x that the products read
     * @param residual what is added to the only product
     * @param pairs    whether the two products end in SwiGLU
     * @param out      the result of the addition or of SwiGLU, else of the first product
     * @param covered  the number of operations
     */
    record Projection(Value x, Optional<Operation.RmsNorm> norm, List<Product> products, Optional<Value> residual,
            boolean pairs, Value out, int covered) {}

    Fusions(Program program, Layout layout, Sizes sizes, Tuning tuning) {
        this.tuning = tuning;
        this.program = program;
        this.operations = program.operations();
        this.layout = layout;
        this.sizes = sizes;
        readers = program.readers();
    }

    /** Returns the products that begin at operation {@code i}, if they can share a launch. */
    Optional<Projection> projection(int i) {
        Operation first = operations.get(i);
        if (first instanceof Operation.RmsNorm norm) return normed(norm, i);
        return first instanceof Operation.Linear project ? added(project, i) : Optional.empty();
    }

    /**
     * Values and keys that are appended to a past, the rotations of keys and queries, and perhaps the attention that
     * reads them.
     *
     * @param norms norms of queries and keys, which have to be launched before
     */
    record Turning(List<Operation.RmsNorm> norms, Operation.Extend values, Operation.Rotate queries,
            Operation.Rotate keys, Operation.Extend extendKeys, Optional<Operation.Attend> attend) {
        /** Returns the number of operations. */
        int covered() {
            return norms.size() + TURNING + (attend.isPresent() ? 1 : 0);
        }

        private Turning with(Operation.Attend reader) {
            return new Turning(norms, values, queries, keys, extendKeys, Optional.of(reader));
        }
    }

    private static final int TURNING = 4;   // operations, without norms and attention

    Optional<Turning> turning(int i) {
        List<Operation.RmsNorm> norms = new ArrayList<>();
        while (at(i + 1 + norms.size()) instanceof Operation.RmsNorm norm) norms.add(norm);
        int next = i + 1 + norms.size();
        boolean together = at(i) instanceof Operation.Extend v && at(next) instanceof Operation.Rotate q
                && at(next + 1) instanceof Operation.Rotate k && at(next + 2) instanceof Operation.Extend all
                && norms.stream().noneMatch(norm -> overlap(norm.out(), v.x()))
                && all.x().equals(k.out()) && readers.getOrDefault(k.out(), 0) == 1 && q.rotary().equals(k.rotary())
                && q.out().headAxis() >= 0 && v.x().dimensions().equals(k.x().dimensions()) && !overlap(q.out(), k.x())
                && !overlap(q.out(), v.x());
        if (!together) return Optional.empty();
        Turning turning = new Turning(norms, (Operation.Extend) at(i), (Operation.Rotate) at(next),
                (Operation.Rotate) at(next + 1), (Operation.Extend) at(next + 2), Optional.empty());
        boolean attends = at(next + 3) instanceof Operation.Attend attend && attends(attend, turning);
        return Optional.of(attends ? turning.with((Operation.Attend) at(next + 3)) : turning);
    }

    /** Whether attention can be included: every head writes its result while others still read what they rotate. */
    private boolean attends(Operation.Attend attend, Turning turning) {
        Value q = turning.queries().out();
        return attend.q().equals(q) && attend.k().equals(turning.extendKeys().out())
                && attend.v().equals(turning.values().out()) && readers.getOrDefault(q, 0) == 1
                && tuning.turnsTokens(sizes.pos(), q.dimensions().getLast().size().bind(sizes))
                && !overlap(attend.out(), turning.queries().x())
                && !overlap(attend.out(), turning.keys().x()) && !overlap(attend.out(), turning.values().x());
    }

    private Optional<Projection> normed(Operation.RmsNorm norm, int i) {
        List<Product> products = new ArrayList<>();
        int next = i + 1;
        while (at(next) != null && joins(at(next), norm, products)) next++;
        boolean whole = !products.isEmpty() && readers.getOrDefault(norm.out(), 0) == products.size();
        if (!whole) return Optional.empty();
        if (at(next) instanceof Operation.SwiGlu swiglu && pairs(swiglu, products, norm)) {
            return Optional.of(projection(norm, products, true, swiglu.out(), next + 1 - i));
        }
        boolean intact = products.stream().noneMatch(p -> overlap(p.out(), norm.x()));   // every row of weights reads x
        return Optional.of(projection(norm, products, false, products.getFirst().out(), next - i)).filter(_ -> intact);
    }

    private static Projection projection(Operation.RmsNorm norm, List<Product> products, boolean pairs, Value out,
            int covered) {
        return new Projection(norm.x(), Optional.of(norm), products, Optional.empty(), pairs, out, covered);
    }

    /**
     * Returns whether an operation is one more product of a norm, or the bias of one, and if so adds it to the
     * products.
     */
    private boolean joins(Operation operation, Operation.RmsNorm norm, List<Product> products) {
        if (operation instanceof Operation.Linear project && project.x().equals(norm.out()) && products.size() < 3) {
            if (project.weight().columns() != norm.gain().columns()) return false;   // heads are normalized one by one
            return products.add(new Product(project));
        }
        if (!(operation instanceof Operation.Bias bias) || !readOnce(bias.x())) return false;
        boolean ofOne = products.stream().anyMatch(p -> p.leadsTo(bias));
        products.replaceAll(p -> p.leadsTo(bias) ? new Product(p.project(), Optional.of(bias)) : p);
        return ofOne;
    }

    private boolean pairs(Operation.SwiGlu swiglu, List<Product> products, Operation.RmsNorm norm) {
        return tuning.pairs() && products.size() == 2 && products.stream().allMatch(p -> p.bias().isEmpty())
                && swiglu.gate().equals(products.get(0).out()) && swiglu.up().equals(products.get(1).out())
                && readers.get(swiglu.gate()) == 1 && readers.get(swiglu.up()) == 1 && !overlap(swiglu.out(), norm.x());
    }

    private Optional<Projection> added(Operation.Linear project, int i) {
        Product product = new Product(project);
        int next = i + 1;
        if (at(next) instanceof Operation.Bias bias && product.leadsTo(bias) && readOnce(project.out())) {
            product = new Product(project, Optional.of(bias));
            next++;
        }
        Value sum = product.out(), out = sum;
        Optional<Value> residual = Optional.empty();
        if (at(next) instanceof Operation.Sum add && (add.a().equals(sum) || add.b().equals(sum)) && readOnce(sum)) {
            residual = Optional.of(add.a().equals(sum) ? add.b() : add.a());
            out = add.out();
            next++;
        }
        if (next == i + 1 || overlap(out, project.x())) return Optional.empty();
        List<Product> products = List.of(product);
        return Optional.of(new Projection(project.x(), Optional.empty(), products, residual, false, out, next - i));
    }

    /** Returns an operation, or null after the last. */
    private Operation at(int i) {
        return i < operations.size() ? operations.get(i) : null;
    }

    private boolean readOnce(Value value) { return readers.getOrDefault(value, 0) == 1; }

    private boolean overlap(Value a, Value b) {
        long atA = layout.address(a), atB = layout.address(b);
        return atA < atB + b.elements(sizes) && atB < atA + a.elements(sizes);
    }
}
