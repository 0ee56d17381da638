package org.tornadolens.dsl.script;

import java.util.List;
import java.util.stream.IntStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.analysis.Circuit;
import org.tornadolens.analysis.Composition;
import org.tornadolens.analysis.Eigenvalues;
import org.tornadolens.analysis.FactoredMatrix;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Behind {@code circuits.js} and {@code composition.js}: what heads read and write, from weights alone. */
public final class CircuitExports {

    private final Host host;

    CircuitExports(Host host) { this.host = host; }

    @HostAccess.Export public Circuit ov(Model model, int layer, int head, boolean folded) {
        return Circuit.ov(model, new Head(layer, head), folded);
    }

    @HostAccess.Export public Circuit qk(Model model, int layer, int head, int offset, boolean folded) {
        return Circuit.qk(model, new Head(layer, head), offset, folded);
    }

    @HostAccess.Export public Tensor composition(Model model, String kind, String from, String to, int offset,
            boolean folded, boolean baseline) {
        List<Head> earlier = HeadSelector.parse(from).in(model.configuration()),
                later = HeadSelector.parse(to).in(model.configuration());
        if (host.dryRun().isPresent()) {
            host.dryRun().get().computation(kind + "-composition",
                    Composition.bytes(model.configuration(), earlier, later));
            return Composition.planned(model.configuration(), earlier, later, 0.5f);
        }
        try (Progress progress = host.progress(kind + "-composition")) {
            return Composition.of(model, Composition.Kind.valueOf(kind), earlier, later, offset, folded, baseline,
                    (done, all) -> {
                        progress.at(done, all, "steps");
                        Interrupts.check();
                    });
        }
    }

    // ---- of a circuit

    @HostAccess.Export public int[] shape(Circuit circuit) {
        return new int[]{circuit.matrix().rows(), circuit.matrix().columns()};
    }

    @HostAccess.Export public int rank(Circuit circuit) { return circuit.matrix().rank(); }

    @HostAccess.Export public Tensor left(Circuit circuit) { return circuit.matrix().left(); }

    @HostAccess.Export public Tensor right(Circuit circuit) { return circuit.matrix().right(); }

    @HostAccess.Export public Circuit times(Circuit one, Circuit other) { return one.times(other); }

    @HostAccess.Export public Circuit plus(Circuit one, Circuit other) { return one.plus(other); }

    @HostAccess.Export public Circuit scaled(Circuit circuit, double factor) { return circuit.scaled(factor); }

    @HostAccess.Export public Circuit transpose(Circuit circuit) { return circuit.transpose(); }

    @HostAccess.Export public Circuit full(Circuit circuit) { return circuit.full(); }

    @HostAccess.Export public double norm(Circuit circuit) { return circuit.matrix().norm(); }

    @HostAccess.Export public double trace(Circuit circuit) { return circuit.matrix().trace(); }

    @HostAccess.Export public double copyingScore(Circuit circuit) { return circuit.copyingScore(); }

    /** u, s and v. */
    @HostAccess.Export public Object[] svd(Circuit circuit) {
        FactoredMatrix.Svd svd = circuit.matrix().svd();
        return new Object[]{svd.u(), vector("component", svd.s()), svd.v()};
    }

    /** Real and imaginary parts. */
    @HostAccess.Export public Object[] eigenvalues(Circuit circuit) {
        Eigenvalues eigenvalues = circuit.matrix().eigenvalues();
        return new Object[]{vector("component", eigenvalues.re()), vector("component", eigenvalues.im())};
    }

    private static Tensor vector(String axis, double[] values) {
        Tensor tensor = Tensor.zeros(Shape.of(axis, values.length));
        for (int i = 0; i < values.length; i++) tensor.set((float) values[i], i);
        return tensor;
    }

    /** @param rows tokens, as {@code columns}; null for all */
    @HostAccess.Export public Tensor dense(Circuit circuit, Value rows, Value columns) {
        return circuit.dense(tokens(circuit, rows), tokens(circuit, columns));
    }

    private static int[] tokens(Circuit circuit, Value tokens) {
        return tokens.isNull() ? IntStream.range(0, circuit.model().configuration().dVocab()).toArray()
                : Arguments.ints(tokens);
    }

    @HostAccess.Export public Tensor diagonal(Circuit circuit) { return circuit.diagonal(); }

    /** Rows [row, column, value]. */
    @HostAccess.Export public double[][] top(Circuit circuit, int k) {
        try (Progress progress = host.progress("largest entries")) {
            return circuit.top(k, rows -> {
                progress.at(rows, circuit.model().configuration().dVocab(), "tokens");
                Interrupts.check();
            }).stream().map(e -> new double[]{e.row(), e.column(), e.value()}).toArray(double[][]::new);
        }
    }

    /** Tokens as people read them. */
    @HostAccess.Export public String[] labels(Circuit circuit, Value ids) {
        return TokenLabels.of(circuit.model(), Arguments.ints(ids));
    }

    @HostAccess.Export public String describe(Circuit circuit) { return circuit.toString(); }
}
