package org.tornadolens.survey;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** What one collector has found, value by value. */
public final class Found {

    private final Collector what;
    private final List<Piece> pieces;

    /** What was found of one value; the loss and metrics have no columns. */
    record Piece(Optional<Columns> columns, Collected found) {}

    Found(Collector what, List<Piece> pieces) {
        this.what = what;
        this.pieces = List.copyOf(pieces);
    }

    public Collector what() { return what; }

    /** Returns the hook names of the values, in order. */
    public List<String> names() {
        return pieces.stream().map(piece -> piece.columns().map(Columns::name).orElse("loss")).toList();
    }

    private Piece piece(String name) {
        int at = names().indexOf(name);
        if (at < 0) throw new UsageException(Nearest.message("surveyed value", name, names()));
        return pieces.get(at);
    }

    /** Returns the columns of a value by name, in order. */
    public List<Survey.Column> columns(String name) {
        Columns columns = piece(name).columns().orElseThrow();
        return IntStream.range(0, columns.width()).mapToObj(columns::column).toList();
    }

    private interface Number { float at(int column); }

    private static Tensor filled(Columns columns, Number number) {
        float[] numbers = new float[columns.width()];
        for (int i = 0; i < numbers.length; i++) numbers[i] = number.at(i);
        return Tensor.of(columns.shape(), numbers);
    }

    /**
     * Returns the numbers of a value: means, with a leading axis pos where they are by position; shares of tokens; or
     * covariances, with a second axis of the same length.
     */
    public Tensor tensor(String name) {
        Piece piece = piece(name);
        Columns columns = piece.columns().orElseThrow();
        return switch (piece.found()) {
            case MeanSums means when ((Collector.Mean) what).byPosition() -> Tensor.stack("pos", IntStream
                    .range(0, means.length()).mapToObj(at -> filled(columns, i -> means.mean(at, i))).toList());
            case MeanSums means -> filled(columns, i -> means.length() == 0 ? Float.NaN : means.mean(0, i));
            case FrequencyCounts counts -> filled(columns, counts::share);
            case CovarianceSums sums -> covariance(columns, sums);
            default -> throw new IllegalStateException(what + " has no tensor");
        };
    }

    private static Tensor covariance(Columns columns, CovarianceSums sums) {
        int width = columns.width();
        float[] numbers = new float[Math.multiplyExact(width, width)];
        for (int a = 0; a < width; a++)
            for (int b = 0; b < width; b++) numbers[a * width + b] = sums.covariance(a, b);
        List<Axis> axes = new ArrayList<>(columns.axes());
        columns.axes().forEach(axis -> axes.add(new Axis(axis.name() + "2", axis.size())));
        return Tensor.of(new Shape(axes), numbers);
    }

    /** Returns the number of tokens behind the means of a value; by position, of each. */
    public long[] counts(String name) {
        MeanSums means = (MeanSums) piece(name).found();
        return IntStream.range(0, means.length()).mapToLong(means::count).toArray();
    }

    /** Returns a quantile of each column, or of all together. */
    public Tensor quantile(String name, double q) {
        Piece piece = piece(name);
        QuantileSketches sketches = (QuantileSketches) piece.found();
        return sketches.columns() == 1 && !((Collector.Quantiles) what).each()
                ? Tensor.scalar(sketches.sketch(0).quantile(q))
                : filled(piece.columns().orElseThrow(), i -> sketches.sketch(i).quantile(q));
    }

    /** Returns the histogram of a column; of the first where all columns are counted together. */
    public Survey.Histogram histogram(String name, int column) {
        return switch (piece(name).found()) {
            case HistogramCounts counts -> counts.histogram(counts.columns() == 1 ? 0 : column);
            case TopRows top -> top.histogram(column);
            default -> throw new IllegalStateException(what + " has no histogram");
        };
    }

    /** Returns the places where a column is largest, the largest first. */
    public List<Survey.Example> examples(String name, int column) {
        TopRows top = (TopRows) piece(name).found();
        return IntStream.range(0, top.count(column)).mapToObj(rank -> top.example(column, rank)).toList();
    }

    /**
     * Returns the direction of the residual stream along which a column is written, [dModel]; absent for a head as a
     * whole and for values that are not written as they are.
     */
    public Optional<Tensor> direction(Model model, String name, int column) {
        Columns columns = piece(name).columns().orElseThrow();
        Survey.Column one = columns.column(column);
        if (one.number().isEmpty()) return Optional.empty();
        int number = one.number().get(), width = model.configuration().dModel();
        Matrices matrices = new Matrices(model.configuration(), model.weights());
        return switch (HookPoint.of(name).orElseThrow()) {
            case MLP_POST -> one.direction() ? Optional.empty()
                    : Optional.of(matrices.get(ParameterSpec.W_DOWN, one.layer()).at("dMlp", number).copy());
            case Z -> one.direction() ? Optional.empty()
                    : Optional.of(matrices.head(ParameterSpec.W_O, one.layer(), one.head().orElseThrow())
                            .at("dHead", number).copy());
            case EMBED, RESID_PRE, RESID_MID, RESID_POST, ATTN_OUT, MLP_OUT, RESULT -> {
                if (one.direction()) yield columns.direction(number);
                Tensor unit = Tensor.zeros(Shape.of("dModel", width));
                unit.set(1, number);
                yield Optional.of(unit);
            }
            default -> Optional.empty();
        };
    }

    /** Returns the largest value of each column. */
    public Tensor largest(String name) {
        Piece piece = piece(name);
        TopRows top = (TopRows) piece.found();
        return filled(piece.columns().orElseThrow(), i -> top.count(i) == 0 ? Float.NaN : top.value(i, 0));
    }

    /** Returns the metric of every row; NaN for a row that was left out. */
    public double[] rows() {
        return ((RowNumbers) pieces.getFirst().found()).numbers();
    }

    /**
     * The next-token loss.
     *
     * @param mean       over all tokens that have a next one, in nats
     * @param byPosition the mean at each position
     */
    public record Loss(double mean, long tokens, float[] byPosition) {}

    public Loss loss() {
        LossSums sums = (LossSums) pieces.getFirst().found();
        MeanSums all = sums.all(), each = sums.byPosition();
        float[] byPosition = new float[each.length()];
        for (int i = 0; i < byPosition.length; i++) byPosition[i] = each.mean(i, 0);
        return new Loss(all.length() == 0 ? Double.NaN : all.exact(), all.length() == 0 ? 0 : all.count(0), byPosition);
    }

    /** Returns where the stored values of every row are. */
    public List<Survey.Stored> stored() {
        return pieces.stream().flatMap(piece -> ((StoreShards) piece.found()).stored().stream()).toList();
    }
}
