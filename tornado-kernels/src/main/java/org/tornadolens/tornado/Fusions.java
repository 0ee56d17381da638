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
 * Neighbouring operations that few-row runs take in one launch, where nobody else reads what lies between. Launches, not
 * arithmetic, are what decoding would otherwise wait for.
 *
 * <pre>
 *   RmsNorm -> Project, Project, Project     the norm and the products that read it
 *   RmsNorm -> Project, Project -> SwiGlu    the same, and what becomes of two of them
 *   Project -> Add                           a product and the residual stream it goes to
 *   Extend, Rotate, Rotate, Extend           what attention reads, turned and added to the past
 *   the same -> Attend                       of single tokens on CPUs, with attention itself
 * </pre>
 */
final class Fusions {

    private final List<Operation> operations;
    private final Program program;
    private final Layout layout;
    private final Sizes sizes;
    private final Tuning tuning;
    private final Map<Value, Integer> readers;

    /**
     * @param norm     what x goes through first
     * @param residual what is added to the only product
     * @param pairs    whether the two products end in SwiGLU
     * @param out      where that sum goes, or what SwiGLU makes
     * @param covered  operations in all
     */
    record Projection(Value x, Optional<Operation.RmsNorm> norm, List<Operation.Project> projections, Optional<Value> residual, boolean pairs, Value out, int covered) {}

    Fusions(Program program, Layout layout, Sizes sizes, Tuning tuning) {
        this.tuning = tuning;
        this.program = program;
        this.operations = program.operations();
        this.layout = layout;
        this.sizes = sizes;
        readers = program.readers();
    }

    /** What begins at operation {@code i}, if anything. */
    Optional<Projection> projection(int i) {
        Operation first = operations.get(i);
        if (first instanceof Operation.RmsNorm norm) return normed(norm, i);
        if (!(first instanceof Operation.Project project) || i + 1 == operations.size()) return Optional.empty();
        return operations.get(i + 1) instanceof Operation.Add add ? added(project, add) : Optional.empty();
    }

    /** Values and keys that go to a past, the keys and their queries turned, and perhaps the attention that reads them. */
    record Turning(Operation.Extend values, Operation.Rotate queries, Operation.Rotate keys, Operation.Extend extendKeys, Optional<Operation.Attend> attend) {
        /** Operations in all. */
        int covered() { return TURNING + (attend.isPresent() ? 1 : 0); }
    }

    private static final int TURNING = 4;   // operations, without attention

    Optional<Turning> turning(int i) {
        if (i + TURNING > operations.size()) return Optional.empty();
        boolean together = operations.get(i) instanceof Operation.Extend v && operations.get(i + 1) instanceof Operation.Rotate q
                && operations.get(i + 2) instanceof Operation.Rotate k && operations.get(i + 3) instanceof Operation.Extend all
                && all.x().equals(k.out()) && readers.getOrDefault(k.out(), 0) == 1 && q.rotary().equals(k.rotary())
                && q.out().headAxis() >= 0 && v.x().dimensions().equals(k.x().dimensions()) && !overlap(q.out(), k.x()) && !overlap(q.out(), v.x());
        if (!together) return Optional.empty();
        Turning turning = new Turning((Operation.Extend) operations.get(i), (Operation.Rotate) operations.get(i + 1), (Operation.Rotate) operations.get(i + 2),
                (Operation.Extend) operations.get(i + 3), Optional.empty());
        boolean attends = i + TURNING < operations.size() && operations.get(i + TURNING) instanceof Operation.Attend attend && attends(attend, turning);
        return Optional.of(attends ? new Turning(turning.values(), turning.queries(), turning.keys(), turning.extendKeys(), Optional.of((Operation.Attend) operations.get(i + TURNING))) : turning);
    }

    /** Every head writes its result while others still read what they turn. */
    private boolean attends(Operation.Attend attend, Turning turning) {
        Value q = turning.queries().out();
        return attend.q().equals(q) && attend.k().equals(turning.extendKeys().out()) && attend.v().equals(turning.values().out()) && readers.getOrDefault(q, 0) == 1
                && tuning.turnsTokens(sizes.pos(), q.dimensions().getLast().size().bind(sizes)) && !overlap(attend.out(), turning.queries().x())
                && !overlap(attend.out(), turning.keys().x()) && !overlap(attend.out(), turning.values().x());
    }

    private Optional<Projection> normed(Operation.RmsNorm norm, int i) {
        List<Operation.Project> projections = new ArrayList<>();
        for (int j = i + 1; j < operations.size() && projections.size() < 3; j++) {
            if (!(operations.get(j) instanceof Operation.Project project) || !project.x().equals(norm.out())) break;
            if (project.weight().columns() != norm.gain().columns()) break;   // heads are normalized one by one
            projections.add(project);
        }
        int last = i + projections.size();
        boolean whole = !projections.isEmpty() && readers.getOrDefault(norm.out(), 0) == projections.size();
        if (!whole) return Optional.empty();
        if (tuning.pairs() && projections.size() == 2 && last + 1 < operations.size() && operations.get(last + 1) instanceof Operation.SwiGlu swiglu
                && swiglu.gate().equals(projections.get(0).out()) && swiglu.up().equals(projections.get(1).out())
                && readers.get(swiglu.gate()) == 1 && readers.get(swiglu.up()) == 1 && !overlap(swiglu.out(), norm.x())) {
            return Optional.of(new Projection(norm.x(), Optional.of(norm), projections, Optional.empty(), true, swiglu.out(), 2 + projections.size()));
        }
        if (projections.stream().anyMatch(p -> overlap(p.out(), norm.x()))) return Optional.empty();   // every row of weights reads x
        return Optional.of(new Projection(norm.x(), Optional.of(norm), projections, Optional.empty(), false, projections.getFirst().out(), 1 + projections.size()));
    }

    private Optional<Projection> added(Operation.Project project, Operation.Add add) {
        boolean first = add.a().equals(project.out());
        if (!first && !add.b().equals(project.out()) || readers.getOrDefault(project.out(), 0) != 1 || overlap(add.out(), project.x())) return Optional.empty();
        Value residual = first ? add.b() : add.a();
        return Optional.of(new Projection(project.x(), Optional.empty(), List.of(project), Optional.of(residual), false, add.out(), 2));
    }

    private boolean overlap(Value a, Value b) {
        long atA = layout.address(a), atB = layout.address(b);
        return atA < atB + b.elements(sizes) && atB < atA + a.elements(sizes);
    }
}
