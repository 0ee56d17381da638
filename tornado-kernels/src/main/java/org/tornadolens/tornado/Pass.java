package org.tornadolens.tornado;

import java.util.List;
import java.util.Optional;
import org.tornadolens.Interruption;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tornado.kernels.Elementwise.Add;
import org.tornadolens.tornado.kernels.Elementwise.Bias;
import org.tornadolens.tornado.kernels.Elementwise.Heads;
import org.tornadolens.tornado.kernels.Elementwise.SwiGlu;
import org.tornadolens.tornado.kernels.Embedding.EmbeddedRows;
import org.tornadolens.tornado.kernels.Normalization.Divide;
import org.tornadolens.tornado.kernels.Normalization.Gain;
import org.tornadolens.tornado.kernels.Normalization.Rms;
import org.tornadolens.tornado.kernels.Normalization.Scale;
import org.tornadolens.tornado.kernels.Softmax.SoftmaxRows;

/** One run: writes the kernels of every operation on the tape. */
final class Pass {

    private final Program program;
    private final RunContext run;
    private final Products products;
    private final AttentionSteps attention;
    private final Changes changes;
    private final MetricSteps metrics;
    private final Gradients gradients;
    private final Fusions fusions;

    Pass(Program program, Weights weights, WeightStore store, Device device, Layout layout, RunFrame frame) {
        this.program = program;
        run = new RunContext(device, weights, store, layout, frame);
        products = new Products(run);
        attention = new AttentionSteps(run);
        changes = new Changes(run);
        metrics = new MetricSteps(run, changes);
        gradients = new Gradients(run, products, attention, changes, metrics);
        fusions = new Fusions(program, layout, frame.sizes(), device.tuning());
    }

    void run() {
        List<Operation> operations = program.operations();
        for (int i = 0; i < operations.size();) {
            Interruption.check();
            run.tape().flushIfLong();
            i += write(operations, i);
        }
        run.tape().flush();
        run.frame().end();
    }

    /**
     * Writes the operation at {@code i} and returns how many it covered: neighbours that share a launch go together.
     */
    private int write(List<Operation> operations, int i) {
        Optional<Fusions.Turning> turning = attention.hasPast() ? fusions.turning(i) : Optional.empty();
        if (turning.isPresent()) {
            turning.get().norms().forEach(this::write);
            attention.turnIntoPast(turning.get());
            return turning.get().covered();
        }
        Optional<Fusions.Projection> projection = fusions.projection(i);
        if (projection.isEmpty() || !products.fewRows(projection.get())) {
            write(operations.get(i));
            return 1;
        }
        return projection.get().covered();
    }

    private void write(Operation operation) {
        switch (operation) {
            case Operation.Embed o -> embed(o);
            case Operation.Given o -> give(run.frame().given(o.out()), run.at(o.out()), run.count(o.out()));
            case Operation.Lent o -> lend(o);
            case Operation.NormScale o -> normScale(run, o, o.x(), o.eps(), run.at(o.out()));
            case Operation.Normalize o -> normalize(o);
            case Operation.Gain o -> gain(o);
            case Operation.RmsNorm o -> rmsNorm(o);
            case Operation.Linear o -> products.project(o, run.weight(o.weight().name()), run.at(o.x()),
                    run.count(o.x()) / o.weight().columns(), run.at(o.out()));
            case Operation.LinearPerHead o -> products.projectHeads(o, run.weight(o.weight().name()), run.at(o.x()),
                    run.tokens(o.x()), run.size(o.x(), o.x().headAxis()), run.at(o.out()));
            case Operation.HeadResult o -> products.headResult(o, run.weight(o.weight().name()), run.at(o.z()),
                    run.tokens(o.z()), run.width(o.z()), run.at(o.out()));
            case Operation.Bias o -> bias(o);
            case Operation.Rotate o -> attention.rotate(o, o.x(), o.rotary(), false, run.at(o.out()));
            case Operation.Extend o -> attention.extend(o);
            case Operation.Scores o -> attention.scores(o, o.q(), o.k(), run.at(o.out()), o.window());
            case Operation.Softmax o -> softmax(run, o, run.at(o.scores()), run.rows(o.scores()),
                    run.width(o.scores()), run.at(o.out()));
            case Operation.Mix o -> attention.mix(o);
            case Operation.Attend o -> attention.attend(o);
            case Operation.Sum o -> add(run, o, run.at(o.a()), run.at(o.b()), run.count(o.out()), run.at(o.out()));
            case Operation.SwiGlu o -> swiglu(o);
            case Operation.Copy o -> changes.copy(o, o.x());
            case Operation.Repeat o ->
                    heads(o, Kernel.REPEAT, o.x(), run.size(o.out(), o.out().headAxis()), run.at(o.out()));
            case Operation.SumHeads o ->
                    heads(o, Kernel.SUM_HEADS, o.x(), run.size(o.x(), o.x().headAxis()), run.at(o.out()));
            case Operation.Gather o -> changes.gather(o);
            case Operation.Zero o -> changes.zero(o);
            case Operation.Pointwise o -> changes.pointwise(o);
            case Operation.Replace o -> changes.replace(o);
            case Operation.Shift o -> changes.shift(o);
            case Operation.Subspace o -> changes.subspace(o);
            case Operation.HostCall o -> changes.hostCall(o);
            case Operation.NextTokenLoss o ->
                    metrics.logProbability(o, o.logits(), -1, metrics.nextToken(o.logits(), o.at()));
            case Operation.Dot o -> metrics.pairs(o, Kernel.DOT, o.x(), o.y());
            case Operation.KlDivergence o -> metrics.pairs(o, Kernel.DIVERGENCE, o.logits(), o.reference());
            case Operation.LogProbability o ->
                    metrics.logProbability(o, o.logits(), 1, metrics.sets(o.logits(), o.tokens()));
            case Operation.Rank o -> metrics.rank(o);
            case Operation.MeanPositions o -> metrics.mean(o);
            case Operation.ArgMax o -> metrics.argMax(o);
            case Derivative o -> gradients.write(o);
        }
    }

    // ---- sources

    private void embed(Operation.Embed o) {
        WeightStore.Place table = run.store().place(run.weight(o.table().name()));
        run.launch(o, table.type().embed()).weights(table.array())
                .set(EmbeddedRows.LIST, run.tape().list(run.frame().tokens())).set(EmbeddedRows.FIRST_ROW, 0)
                .set(EmbeddedRows.COUNT, run.frame().batch() * run.frame().pos())
                .set(EmbeddedRows.WIDTH, o.table().columns()).set(EmbeddedRows.TABLE, table.at())
                .set(EmbeddedRows.OUT, run.at(o.out())).add();
    }

    /** Writes what is given to an address; fewer rows than the run has are repeated. */
    private void give(Tensor given, int to, long elements) {
        // kernels on the tape may read what lies there now
        run.tape().flush();
        for (long done = 0; done < elements; done += given.elements())
            run.device().write((int) (to + done), given.data());
    }

    private void lend(Operation.Lent o) {
        Tensor lent = run.frame().given(o.out());
        if (program.kept().contains(o.out())) {
            give(lent, run.at(o.out()), run.count(o.out()));
            return;
        }
        run.layout().put(o.out(), run.layout().take(lent.elements(), o.out().name()));
        run.device().write(run.at(o.out()), lent.data());
    }

    // ---- norms, and what is computed element by element

    static void normScale(RunContext run, Operation o, Value x, double eps, int out) {
        run.launch(o, Kernel.NORM_SCALE).set(Scale.X, run.at(x)).set(Scale.ROWS, run.rows(x))
                .set(Scale.WIDTH, run.width(x)).set(Scale.EPS, run.number(eps)).set(Scale.OUT, out).add();
    }

    private void normalize(Operation.Normalize o) {
        run.launch(o, Kernel.NORMALIZE).set(Divide.X, run.at(o.x())).set(Divide.ROWS, run.rows(o.x()))
                .set(Divide.WIDTH, run.width(o.x())).set(Divide.SCALE, run.at(o.scale()))
                .set(Divide.OUT, run.at(o.out())).add();
    }

    private void gain(Operation.Gain o) {
        run.launch(o, Kernel.GAIN).set(Gain.X, run.at(o.x())).set(Gain.ROWS, run.rows(o.x()))
                .set(Gain.WIDTH, run.width(o.x())).set(Gain.GAIN, run.vector(o.gain().name()))
                .set(Gain.OUT, run.at(o.out())).add();
    }

    private void rmsNorm(Operation.RmsNorm o) {
        run.launch(o, Kernel.RMS_NORM).set(Rms.X, run.at(o.x())).set(Rms.ROWS, run.rows(o.x()))
                .set(Rms.WIDTH, run.width(o.x())).set(Rms.EPS, run.number(o.eps())).set(Rms.OUT, run.at(o.out()))
                .set(Rms.GAIN, run.vector(o.gain().name())).add();
    }

    private void bias(Operation.Bias o) {
        run.launch(o, Kernel.BIAS).set(Bias.X, run.at(o.x())).set(Bias.ROWS, run.tokens(o.x()))
                .set(Bias.WIDTH, o.bias().columns()).set(Bias.BIAS, run.vector(o.bias().name()))
                .set(Bias.OUT, run.at(o.out())).add();
    }

    static void softmax(RunContext run, Operation o, int x, int rows, int width, int out) {
        run.launch(o, Kernel.SOFTMAX).set(SoftmaxRows.X, x).set(SoftmaxRows.ROWS, rows).set(SoftmaxRows.WIDTH, width)
                .set(SoftmaxRows.OUT, out).add();
    }

    static void add(RunContext run, Operation o, int a, int b, int elements, int out) {
        run.launch(o, Kernel.ADD).set(Add.A, a).set(Add.B, b).set(Add.ELEMENTS, elements).set(Add.OUT, out).add();
    }

    private void swiglu(Operation.SwiGlu o) {
        run.launch(o, Kernel.SWIGLU).set(SwiGlu.GATE, run.at(o.gate())).set(SwiGlu.UP, run.at(o.up()))
                .set(SwiGlu.ELEMENTS, run.count(o.out())).set(SwiGlu.OUT, run.at(o.out())).add();
    }

    private void heads(Operation o, Kernel kernel, Value x, int heads, int out) {
        run.launch(o, kernel).set(Heads.X, run.at(x)).set(Heads.ROWS, run.tokens(x)).set(Heads.HEADS, heads)
                .set(Heads.WIDTH, run.width(x)).set(Heads.OUT, out).add();
    }
}
