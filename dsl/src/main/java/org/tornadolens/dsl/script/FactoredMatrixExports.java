package org.tornadolens.dsl.script;

import java.util.stream.IntStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.Interruption;
import org.tornadolens.analysis.Circuit;
import org.tornadolens.analysis.Eigenvalues;
import org.tornadolens.analysis.FactoredMatrix;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Head;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Behind {@code factored-matrix.js}: heads' OV and QK circuits, from weights alone. */
public final class FactoredMatrixExports {

    private final Host host;

    FactoredMatrixExports(Host host) { this.host = host; }

    /** @param fold whether the gains of the norms are part of the matrix */
    record OvRequest(Model model, int layer, int head, boolean fold) {}

    @HostAccess.Export public Circuit ov(Value request) {
        OvRequest asked = Requests.read(request, OvRequest.class);
        return Circuit.ov(asked.model(), new Head(asked.layer(), asked.head()), asked.fold());
    }

    /** @param offset destination minus source */
    record QkRequest(Model model, int layer, int head, int offset, boolean fold) {}

    @HostAccess.Export public Circuit qk(Value request) {
        QkRequest asked = Requests.read(request, QkRequest.class);
        return Circuit.qk(asked.model(), new Head(asked.layer(), asked.head()), asked.offset(), asked.fold());
    }

    // ---- of a circuit

    @HostAccess.Export public int[] shape(Circuit circuit) {
        return new int[]{circuit.matrix().rows(), circuit.matrix().columns()};
    }

    @HostAccess.Export public int rank(Circuit circuit) { return circuit.matrix().rank(); }

    /** [row, rank] */
    @HostAccess.Export public Tensor left(Circuit circuit) { return circuit.matrix().left(); }

    /** [rank, dModel], or [rank, dVocab] over tokens: the rows keep a name of their own. */
    @HostAccess.Export public Tensor right(Circuit circuit) {
        return circuit.matrix().right().rename("column", circuit.overTokens() ? "dVocab" : "dModel");
    }

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
                Interruption.check();
            }).stream().map(e -> new double[]{e.row(), e.column(), e.value()}).toArray(double[][]::new);
        }
    }

    /** Tokens as people read them. */
    @HostAccess.Export public String[] labels(Circuit circuit, Value ids) {
        return TokenLabels.of(circuit.model(), Arguments.ints(ids));
    }

    @HostAccess.Export public String describe(Circuit circuit) { return circuit.toString(); }
}
