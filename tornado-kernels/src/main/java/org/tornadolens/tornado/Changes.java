package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.tornadolens.backend.HostFloats;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Rule;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tornado.kernels.Elementwise.Copy;
import org.tornadolens.tornado.kernels.Regions.Change;
import org.tornadolens.tornado.kernels.Regions.ChangeBack;
import org.tornadolens.tornado.kernels.Regions.Gather;
import org.tornadolens.tornado.kernels.Regions.Runs;
import org.tornadolens.tornado.kernels.Regions.Shift;
import org.tornadolens.tornado.kernels.Regions.Sourced;
import org.tornadolens.tornado.kernels.Rules;
import org.tornadolens.tornado.kernels.Subspace.Projection;

/** Writes the kernels of interventions: changes of the selected part of a value, and calls of the host. */
final class Changes {

    private static final int MOST_REGIONS = 1 << 19;   // of one kernel

    private final RunContext run;
    private final RunFrame frame;

    Changes(RunContext run) {
        this.run = run;
        frame = run.frame();
    }

    void copy(Operation o, Value x) {
        if (run.at(x) == run.at(o.out())) return;
        run.launch(o, Kernel.COPY).set(Copy.X, run.at(x)).set(Copy.ELEMENTS, run.count(x))
                .set(Copy.OUT, run.at(o.out())).add();
    }

    // ---- regions

    /**
     * Regions that one launch takes: where each begins, in the value and in its source, and how many elements came
     * before.
     */
    interface Part {
        void write(int[] offsets, int[] sources, int length, int done);
    }

    /** Writes as many launches as there are integers for. */
    void inParts(Regions all, Part part) {
        for (int from = 0; from < all.offsets().length; from += MOST_REGIONS) {
            run.tape().flushIfLong();
            int to = Math.min(from + MOST_REGIONS, all.offsets().length);
            part.write(ints(all.offsets(), from, to), ints(all.sources(), from, to), (int) all.length(),
                    (int) (from * all.length()));
        }
    }

    private static int[] ints(long[] values, int from, int to) {
        int[] ints = new int[to - from];
        for (int i = 0; i < ints.length; i++) ints[i] = Math.toIntExact(values[from + i]);
        return ints;
    }

    private Launch runs(Operation o, Kernel kernel, Value x, int[] offsets, int length) {
        return run.launch(o, kernel).set(Runs.X, run.at(x)).set(Runs.OFFSETS, run.tape().list(offsets))
                .set(Runs.RUNS, offsets.length).set(Runs.LENGTH, length);
    }

    void gather(Operation.Gather o) { gather(o, o.x(), frame.regions(o.x(), o.selection()), run.at(o.out())); }

    private void gather(Operation o, Value x, Regions regions, int to) {
        inParts(regions, (offsets, sources, length, done) -> runs(o, Kernel.GATHER, x, offsets, length)
                .set(Gather.OUT, to + done).add());
    }

    // ---- changes: a copy of x, and the selected part of it changed

    private interface Arguments { Launch of(Launch launch); }

    private void change(Operation o, Kernel kernel, Value x, Selection selection, Arguments own) {
        copy(o, x);
        inParts(frame.regions(x, selection).once(), (offsets, sources, length, done) -> own
                .of(runs(o, kernel, o.out(), offsets, length)).add());
    }

    private void sourced(Operation o, Kernel kernel, Value x, Selection selection, Value source, Arguments own) {
        copy(o, x);
        inParts(frame.regions(x, selection, source).once(), (offsets, sources, length, done) -> own
                .of(runs(o, kernel, o.out(), offsets, length).set(Sourced.SOURCE, run.at(source))
                        .set(Sourced.SOURCE_OFFSETS, run.tape().list(sources)))
                .add());
    }

    void zero(Operation.Zero o) { change(o, Kernel.ZERO, o.x(), o.selection(), launch -> launch); }

    void replace(Operation.Replace o) {
        sourced(o, Kernel.REPLACE, o.x(), o.selection(), o.source(), launch -> launch);
    }

    void shift(Operation.Shift o) {
        sourced(o, Kernel.SHIFT, o.x(), o.selection(), o.source(),
                launch -> launch.set(Shift.FACTOR, run.number(o.times())));
    }

    void pointwise(Operation.Pointwise o) {
        RuleNumbers rule = numbers(o.rule());
        change(o, Kernel.CHANGE, o.x(), o.selection(), launch -> launch.set(Change.RULE, rule.which())
                .set(Change.FIRST, run.number(rule.first())).set(Change.SECOND, run.number(rule.second())));
    }

    void pointwiseBack(Derivative.PointwiseInput o) {
        RuleNumbers rule = numbers(o.rule());
        sourced(o, Kernel.CHANGE_BACK, o.dy(), o.selection(), o.x(), launch -> launch
                .set(ChangeBack.RULE, rule.which()).set(ChangeBack.FIRST, run.number(rule.first()))
                .set(ChangeBack.SECOND, run.number(rule.second())));
    }

    private record RuleNumbers(int which, double first, double second) {}

    private static RuleNumbers numbers(Rule rule) {
        return switch (rule) {
            case Rule.Times(double factor) -> new RuleNumbers(Rules.TIMES, factor, 0);
            case Rule.Clamp(double min, double max) -> new RuleNumbers(Rules.CLAMP, min, max);
        };
    }

    void subspace(Operation.Subspace o) {
        copy(o, o.x());
        int directions = run.size(o.basis(), 0);
        Regions vectors = frame.vectors(o.x(), o.selection()).once();
        int coordinates = run.scratch((long) vectors.offsets().length * directions);
        inParts(vectors, (offsets, sources, length, done) -> {
            for (Kernel kernel : new Kernel[]{Kernel.COORDINATES, Kernel.COMBINE}) {
                run.launch(o, kernel).set(Projection.X, run.at(o.out()))
                        .set(Projection.OFFSETS, run.tape().list(offsets)).set(Projection.VECTORS, offsets.length)
                        .set(Projection.WIDTH, run.width(o.x())).set(Projection.BASIS, run.at(o.basis()))
                        .set(Projection.DIRECTIONS, directions).set(Projection.COORDINATES, coordinates)
                        .set(Projection.KEEP, o.keep() ? 1 : 0).add();
            }
        });
    }

    void hostCall(Operation.HostCall o) {
        copy(o, o.x());
        frame.call(o, new HostFloats() {
            @Override public void read(Regions regions, MemorySegment to) {
                int scratch = run.scratch(to.byteSize() / Float.BYTES);
                gather(o, o.out(), regions, scratch);
                run.tape().flush();
                MemorySegment.copy(run.device().read(scratch, to.byteSize() / Float.BYTES), 0, to, 0, to.byteSize());
            }

            @Override public void write(Regions all, MemorySegment from) {
                int scratch = run.scratch(from.byteSize() / Float.BYTES);
                run.device().write(scratch, from);
                inParts(all, (offsets, sources, length, done) -> {
                    int[] inOrder = new int[offsets.length];
                    for (int i = 0; i < inOrder.length; i++) inOrder[i] = done + i * length;
                    runs(o, Kernel.REPLACE, o.out(), offsets, length).set(Sourced.SOURCE, scratch)
                            .set(Sourced.SOURCE_OFFSETS, run.tape().list(inOrder)).add();
                });
            }
        });
    }
}
