package org.tornadolens.survey;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dataset.DatasetOptions;
import org.tornadolens.dataset.Rows;
import org.tornadolens.dataset.Source;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Surveys agree with a plain loop that runs every row by itself. */
class SurveyTest {

    private static final Path BUNDLED = Path.of("../models/bundled");
    private static final Site POST = Site.of("blocks.*.mlp.hook_post"), Z = Site.of("blocks.2.attn.hook_z"),
            RESIDUAL = Site.of("blocks.3.hook_resid_post");

    private static Model model;
    private static List<int[]> rows;
    private static List<Run> loop;

    @TempDir Path folder;

    /** More rows than a unit has, of very different lengths. */
    @BeforeAll static void run() {
        model = Model.open(BUNDLED);
        SplittableRandom random = new SplittableRandom(1);
        rows = new ArrayList<>();
        for (int i = 0; i < Unit.ROWS + 90; i++)
            rows.add(random.ints(2 + random.nextInt(i % 20 == 0 ? 60 : 12), 3, model.configuration().dVocab())
                    .toArray());
        RunOptions options = RunOptions.DEFAULT.keep(POST.value(), Z.value(), RESIDUAL.value()).withLoss();
        loop = rows.stream().map(row -> model.run(Tokens.of(row), options)).toList();
    }

    private static Dataset data() { return new Dataset(new Source.Ids(rows), DatasetOptions.DEFAULT); }

    private static Survey.Result survey(Map<String, Collector> collectors) {
        return Survey.of(model, data(), collectors, Survey.Settings.DEFAULT).run();
    }

    private static Found one(Collector collector) { return survey(Map.of("one", collector)).found().get("one"); }

    /** The values of a hook in the loop, [token][column]. */
    private static float[][] tokens(String name) {
        List<float[]> tokens = new ArrayList<>();
        for (Run run : loop) {
            Tensor all = run.cache().get(name);
            for (int pos = 0; pos < all.shape().size(1); pos++) {
                Tensor one = all.at("batch", 0).at("pos", pos).copy();
                tokens.add(one.data().toArray(ValueLayout.JAVA_FLOAT));
            }
        }
        return tokens.toArray(float[][]::new);
    }

    private static float[] flat(Tensor tensor) { return tensor.copy().data().toArray(ValueLayout.JAVA_FLOAT); }

    // ---- means

    @Test void aMeanIsThatOfTheLoop() {
        Found found = one(new Collector.Mean(List.of(POST, Z), Reading.COORDINATES, false));
        assertEquals(model.configuration().nLayers() + 1, found.names().size());
        for (String name : found.names()) {
            float[][] tokens = tokens(name);
            float[] mean = flat(found.tensor(name));
            for (int column = 0; column < mean.length; column++) {
                int at = column;
                double expected = Arrays.stream(tokens).mapToDouble(t -> t[at]).average().orElseThrow();
                assertEquals(expected, mean[column], 1e-6, name + " " + column);
            }
            assertEquals(tokens.length, found.counts(name)[0]);
        }
    }

    @Test void aMeanByPositionCountsFromEachRowsFirstToken() {
        Found found = one(new Collector.Mean(List.of(RESIDUAL), Reading.COORDINATES, true));
        Tensor mean = found.tensor(RESIDUAL.value());
        for (int pos : new int[]{0, 1, 7, 30}) {
            double sum = 0;
            int count = 0;
            for (Run run : loop) {
                Tensor all = run.cache().get(RESIDUAL.value());
                if (all.shape().size(1) <= pos) continue;
                sum += all.get(0, pos, 5);
                count++;
            }
            assertEquals(sum / count, mean.get(pos, 5), 1e-6 * Math.max(1, Math.abs(sum / count)));
            assertEquals(count, found.counts(RESIDUAL.value())[pos]);
        }
    }

    @Test void oneHeadAndSomeNeuronsAreTheirPartOfTheWhole() {
        Site head = Z.heads(List.of(2)), neurons = Site.of("blocks.1.mlp.hook_post").columns(List.of(3, 100));
        Map<String, Collector> all = new LinkedHashMap<>();
        all.put("head", new Collector.Mean(List.of(head), Reading.COORDINATES, false));
        all.put("neurons", new Collector.Mean(List.of(neurons), Reading.COORDINATES, false));
        all.put("whole", new Collector.Mean(List.of(Z, POST), Reading.COORDINATES, false));
        Map<String, Found> found = survey(all).found();
        assertArrayEquals(flat(found.get("whole").tensor(Z.value()).at("head", 2)),
                flat(found.get("head").tensor(Z.value())));
        Tensor whole = found.get("whole").tensor("blocks.1.mlp.hook_post");
        assertArrayEquals(new float[]{whole.get(3), whole.get(100)},
                flat(found.get("neurons").tensor("blocks.1.mlp.hook_post")));
    }

    @Test void onlyThePositionsAskedForCount() {
        Found found = one(new Collector.Mean(List.of(RESIDUAL.at(List.of(-1))), Reading.COORDINATES, false));
        double expected = loop.stream().mapToDouble(run -> {
            Tensor all = run.cache().get(RESIDUAL.value());
            return all.get(0, all.shape().size(1) - 1, 9);
        }).average().orElseThrow();
        assertEquals(rows.size(), found.counts(RESIDUAL.value())[0]);
        assertEquals(expected, found.tensor(RESIDUAL.value()).get(9), 1e-6 * Math.max(1, Math.abs(expected)));
    }

    // ---- distributions

    @Test void aCovarianceIsThatOfTheLoop() {
        Tensor covariance = one(new Collector.Covariance(List.of(RESIDUAL), Reading.COORDINATES))
                .tensor(RESIDUAL.value());
        float[][] tokens = tokens(RESIDUAL.value());
        for (int[] pair : new int[][]{{0, 0}, {3, 70}, {70, 3}, {127, 64}, {65, 65}}) {
            double a = 0, b = 0, product = 0;
            for (float[] t : tokens) {
                a += t[pair[0]];
                b += t[pair[1]];
            }
            a /= tokens.length;
            b /= tokens.length;
            for (float[] t : tokens) product += (t[pair[0]] - a) * (t[pair[1]] - b);
            double expected = product / (tokens.length - 1);
            assertEquals(expected, covariance.get(pair[0], pair[1]), 1e-5 * Math.max(1, Math.abs(expected)));
        }
    }

    @Test void quantilesAreWithinTheErrorThatIsStated() {
        Found found = one(new Collector.Quantiles(List.of(RESIDUAL), Reading.COORDINATES, true));
        float[][] tokens = tokens(RESIDUAL.value());
        for (double q : new double[]{0, 0.01, 0.25, 0.5, 0.9, 1}) {
            Tensor quantile = found.quantile(RESIDUAL.value(), q);
            for (int column = 0; column < 128; column += 11) {
                int at = column;
                double[] sorted = Arrays.stream(tokens).mapToDouble(t -> t[at]).sorted().toArray();
                double exact = sorted[(int) Math.floor(q * (sorted.length - 1))];
                assertEquals(exact, quantile.get(column), Math.abs(exact) * Sketch.ERROR * 1.001 + 1e-4, q + " " + at);
            }
        }
    }

    @Test void aHistogramCountsEveryToken() {
        Found each = one(new Collector.Histogram(List.of(RESIDUAL), Reading.COORDINATES, 32, Optional.empty(), true));
        float[][] tokens = tokens(RESIDUAL.value());
        Survey.Histogram one = each.histogram(RESIDUAL.value(), 17);
        assertTrue(one.counts().length <= 32 && one.counts().length > 16, one.counts().length + " bins");
        long[] expected = new long[one.counts().length];
        for (float[] t : tokens) expected[(int) Math.floor((t[17] - one.from()) / one.width())]++;
        assertEquals(tokens.length, Arrays.stream(one.counts()).sum());
        for (int bin = 0; bin < expected.length; bin++)
            assertEquals(expected[bin], one.counts()[bin], 1, "numbers on an edge may move with the batch");
    }

    @Test void aHistogramWithARangeCountsWhatIsOutside() {
        Found found = one(new Collector.Histogram(List.of(RESIDUAL), Reading.COORDINATES, 10,
                Optional.of(new Collector.Range(-0.5, 0.5)), false));
        Survey.Histogram all = found.histogram(RESIDUAL.value(), 0);
        long below = 0, above = 0, numbers = 0;
        for (float[] t : tokens(RESIDUAL.value()))
            for (float x : t) {
                numbers++;
                below += x < -0.5 ? 1 : 0;
                above += x >= 0.5 ? 1 : 0;
            }
        assertEquals(below, all.below(), 2);
        assertEquals(above, all.above(), 2);
        assertEquals(numbers, Arrays.stream(all.counts()).sum() + all.below() + all.above());
    }

    @Test void theRangeOfAHistogramDependsOnTheNumbersAlone() {
        float[] numbers = {3, -1e-9f, 0.1f, 250.75f, -7, 0, 1e10f, 4};
        Bins forwards = new Bins(1, 16), backwards = new Bins(1, 16), first = new Bins(1, 16), rest = new Bins(1, 16);
        for (float x : numbers) forwards.add(0, x);
        for (int i = numbers.length - 1; i >= 0; i--) backwards.add(0, numbers[i]);
        for (int i = 0; i < numbers.length; i++) (i < 3 ? first : rest).add(0, numbers[i]);
        first.merge(rest);
        for (Bins other : List.of(backwards, first)) {
            assertArrayEquals(forwards.counts(0), other.counts(0));
            assertEquals(forwards.from(0), other.from(0));
            assertEquals(forwards.width(0), other.width(0));
        }
    }

    @Test void theShareOfTokensAboveANumberIsThatOfTheLoop() {
        Tensor share = one(new Collector.Frequency(List.of(POST), Reading.COORDINATES, 0.05))
                .tensor("blocks.4.mlp.hook_post");
        float[][] tokens = tokens("blocks.4.mlp.hook_post");
        for (int column = 0; column < 384; column += 37) {
            int at = column;
            double expected = Arrays.stream(tokens).filter(t -> t[at] > 0.05f).count() / (double) tokens.length;
            assertEquals(expected, share.get(column), 1e-3);
        }
    }

    // ---- the largest

    @Test void theTopRowsAreThoseOfTheLoop() {
        Found found = one(new Collector.Top(List.of(POST), Reading.COORDINATES, 5, 3, true));
        String name = "blocks.4.mlp.hook_post";
        for (int neuron = 0; neuron < 384; neuron += 41) {
            float[] most = new float[rows.size()];
            int[] at = new int[rows.size()];
            for (int row = 0; row < most.length; row++) {
                Tensor all = loop.get(row).cache().get(name);
                most[row] = Float.NEGATIVE_INFINITY;
                for (int pos = 0; pos < all.shape().size(1); pos++) {
                    if (all.get(0, pos, neuron) <= most[row]) continue;
                    most[row] = all.get(0, pos, neuron);
                    at[row] = pos;
                }
            }
            int[] order = IntStream.range(0, most.length).boxed()
                    .sorted((a, b) -> Float.compare(most[b], most[a])).mapToInt(i -> i).toArray();
            List<Survey.Example> examples = found.examples(name, neuron);
            assertEquals(5, examples.size());
            for (int rank = 0; rank < 5; rank++) {
                Survey.Example example = examples.get(rank);
                int row = (int) example.row();    // in the loop, two rows whose last digits differ may change places
                assertEquals(most[order[rank]], example.value(), 1e-5);
                assertEquals(most[row], example.value(), 1e-5);
                assertEquals(at[row], example.position());
                int from = Math.max(0, at[row] - 3), to = Math.min(rows.get(row).length, at[row] + 4);
                assertArrayEquals(Arrays.copyOfRange(rows.get(row), from, to), example.tokens());
                assertEquals(at[row] - from, example.peak());
                for (int i = from; i < to; i++)
                    assertEquals(loop.get(row).cache().get(name).get(0, i, neuron), example.activations()[i - from],
                            1e-5);
            }
        }
    }

    @Test void theSmallestAreFoundToo() {
        Found found = one(new Collector.Top(List.of(RESIDUAL), Reading.COORDINATES, 1, 0, false));
        float least = Float.POSITIVE_INFINITY;
        for (float[] t : tokens(RESIDUAL.value())) least = Math.min(least, t[40]);
        assertEquals(least, found.examples(RESIDUAL.value(), 40).getFirst().value(), 1e-5);
    }

    @Test void headsAreReadByTheirNormAndDirectionsByTheInnerProduct() {
        Tensor direction = model.run(Tokens.of(5, 6, 7), RunOptions.DEFAULT.keep(RESIDUAL.value())).cache()
                .get(RESIDUAL.value()).at("batch", 0).at("pos", 2).copy();
        Map<String, Collector> all = new LinkedHashMap<>();
        all.put("norm", new Collector.Mean(List.of(Z), Reading.NORM, false));
        all.put("along", new Collector.Mean(List.of(RESIDUAL), new Reading.Along(direction), false));
        Map<String, Found> found = survey(all).found();
        float[] d = flat(direction);
        double norm = 0, along = 0;
        float[][] z = tokens(Z.value()), residual = tokens(RESIDUAL.value());
        for (int t = 0; t < z.length; t++) {
            double square = 0;
            for (int i = 32; i < 64; i++) square += z[t][i] * (double) z[t][i];
            norm += Math.sqrt(square);
            for (int i = 0; i < d.length; i++) along += residual[t][i] * (double) d[i];
        }
        assertEquals(norm / z.length, found.get("norm").tensor(Z.value()).get(1), 1e-5);
        assertEquals(along / z.length, found.get("along").tensor(RESIDUAL.value()).get(0),
                1e-5 * Math.abs(along / z.length));
    }

    // ---- losses, metrics, and values themselves

    @Test void theLossAndMetricsOfRowsAreThoseOfTheLoop() {
        Metric difference = new Metric.LogitDifference(List.of(10), List.of(20), -1);
        Map<String, Collector> all = new LinkedHashMap<>();
        all.put("loss", new Collector.Loss());
        all.put("rows", new Collector.OfRows(new Metric.Loss(0)));
        all.put("difference", new Collector.OfRows(difference));
        all.put("rank", new Collector.OfRows(new Metric.Rank(List.of(30), -1)));
        Map<String, Found> found = survey(all).found();
        double sum = 0;
        long count = 0;
        double[] losses = found.get("rows").rows(), differences = found.get("difference").rows();
        assertEquals(rows.size(), losses.length);
        for (int row = 0; row < losses.length; row++) {
            Tensor loss = loop.get(row).loss();
            sum += loss.sum();
            count += loss.elements();
            assertEquals(loss.mean(), losses[row], 1e-5);
            assertEquals(difference.of(loop.get(row))[0], differences[row], 1e-4);
        }
        assertEquals(sum / count, found.get("loss").loss().mean(), 1e-6);
        assertEquals(count, found.get("loss").loss().tokens());
        assertEquals(new Metric.Rank(List.of(30), -1).of(loop.get(3))[0], found.get("rank").rows()[3]);
    }

    @Test void storedValuesAreThoseOfTheLoopAndFoundByTheIndex() throws IOException {
        Found found = one(new Collector.Store(List.of(RESIDUAL), Reading.COORDINATES, folder));
        assertEquals(rows.size(), found.stored().size());
        for (int row : new int[]{0, 20, Unit.ROWS - 1, rows.size() - 1}) {
            Survey.Stored where = found.stored().stream().filter(s -> s.row() == row).findFirst().orElseThrow();
            Safetensors file = Safetensors.open(folder.resolve(where.file()));
            Tensor values = file.tensor("values").slice("token", where.first(), where.first() + where.tokens());
            Tensor expected = loop.get(row).cache().get(RESIDUAL.value()).at("batch", 0);
            for (int pos = 0; pos < rows.get(row).length; pos++) {
                assertEquals(rows.get(row)[pos], file.tensor("ids").get(where.first() + pos));
                assertEquals(expected.get(pos, 7), values.get(pos, 7), 1e-5);
            }
        }
    }

    // ---- with interventions

    @Test void aSurveyedModelIsTheModelWithItsInterventions() {
        Model changed = model.with(List.of(new Intervention.AblateZero(Site.of("blocks.0.hook_mlp_out"))));
        Found found = Survey.of(changed, data(), Map.of("one", new Collector.Loss()), Survey.Settings.DEFAULT).run()
                .found().get("one");
        double sum = 0;
        long count = 0;
        for (int[] row : rows) {
            Tensor loss = changed.run(Tokens.of(row), RunOptions.DEFAULT.withLoss()).loss();
            sum += loss.sum();
            count += loss.elements();
        }
        assertEquals(sum / count, found.loss().mean(), 1e-5);
    }

    // ---- bytes

    private static Map<String, Collector> several() {
        Map<String, Collector> all = new LinkedHashMap<>();
        all.put("mean", new Collector.Mean(List.of(POST), Reading.COORDINATES, true));
        all.put("covariance", new Collector.Covariance(List.of(RESIDUAL), Reading.COORDINATES));
        all.put("top", new Collector.Top(List.of(POST), Reading.COORDINATES, 3, 2, true));
        all.put("quantiles", new Collector.Quantiles(List.of(Z), Reading.NORM, false));
        all.put("bins", new Collector.Histogram(List.of(POST), Reading.COORDINATES, 64, Optional.empty(), false));
        all.put("loss", new Collector.Loss());
        all.put("rows", new Collector.OfRows(new Metric.Loss(0)));
        return all;
    }

    private static byte[] bytes(Partial partial) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        partial.write(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static Partial all(Survey survey) {
        Partial all = survey.empty();
        try (Rows read = data().rows(model)) {
            for (Optional<Unit> unit; (unit = survey.next(all.units(), read)).isPresent();)
                all.merge(survey.measure(unit.get()));
        }
        return all;
    }

    @Test void aUnitMeasuredElsewhereAndSentMergesToTheSameBytes() throws IOException {
        Survey survey = Survey.of(model, data(), several(), Survey.Settings.DEFAULT);
        Partial merged = survey.empty();
        try (Rows read = data().rows(model)) {
            for (Optional<Unit> unit; (unit = survey.next(merged.units(), read)).isPresent();) {
                Survey other = Survey.of(Model.open(BUNDLED), data(), several(), Survey.Settings.DEFAULT);
                Partial sent = survey.empty();
                sent.read(new DataInputStream(new ByteArrayInputStream(bytes(other.measure(unit.get())))));
                merged.merge(sent);
            }
        }
        assertArrayEquals(bytes(all(survey)), bytes(merged));
    }

    @Test void batchesOfOtherSizesGiveTheSameNumbersAndTheSameTopRows() {
        Map<String, Found> two = Survey.of(model, data(), several(), Survey.Settings.DEFAULT.batch(2)).run().found(),
                many = Survey.of(model, data(), several(), Survey.Settings.DEFAULT.batch(64)).run().found();
        for (String name : two.get("mean").names()) {
            float[] a = flat(two.get("mean").tensor(name)), b = flat(many.get("mean").tensor(name));
            for (int i = 0; i < a.length; i++) assertEquals(a[i], b[i], 1e-6);
        }
        assertEquals(two.get("loss").loss().mean(), many.get("loss").loss().mean(), 1e-6);
    }

    @Test void aSurveyThatWasStoppedGoesOnToTheSameBytes() throws IOException {
        Saved saved = new Saved(folder.resolve("survey"), "about");
        Survey.Settings settings = Survey.Settings.DEFAULT.saved(saved);
        assertThrows(CancellationException.class, () -> Survey.of(model, data(), several(), settings.listener(
                (done, _, _) -> {
                    if (done > Unit.ROWS) throw new CancellationException("stopped");
                })).run());
        assertTrue(Files.exists(saved.file()));
        long[] first = {-1};
        Survey.of(model, data(), several(), settings.listener((done, _, _) -> {
            if (first[0] < 0) first[0] = done;
        })).run();
        assertTrue(first[0] > Unit.ROWS, "the first unit is not run again");
        Survey plain = Survey.of(model, data(), several(), Survey.Settings.DEFAULT);
        Partial resumed = plain.empty();
        saved.read(resumed);
        assertArrayEquals(bytes(all(plain)), bytes(resumed));

        UsageException other = assertThrows(UsageException.class,
                () -> new Saved(saved.file(), "something else").read(plain.empty()));
        assertTrue(other.getMessage().startsWith("cannot resume: "), other.getMessage());
        byte[] damaged = Files.readAllBytes(saved.file());
        damaged[damaged.length / 2] ^= 1;
        Files.write(saved.file(), damaged);
        assertTrue(assertThrows(UsageException.class, () -> saved.read(plain.empty())).getMessage()
                .contains("damaged"));
    }

    // ---- what cannot be used

    @Test void aRowWithAValueThatIsNoNumberIsNamedAndLeftOut() {
        int[] odd = {5, 6, 7};
        Model broken = model.with(List.of(new Intervention.Hook(Site.of("blocks.1.hook_resid_post"), (value, at) -> {
            if (value.shape().size(0) == 3)
                value.set(Float.NaN, 2, value.shape().size(1) - 1, 3);
            return value;
        })));
        Dataset three = new Dataset(new Source.Ids(List.of(odd, odd, odd)), DatasetOptions.DEFAULT);
        Survey.Result result = Survey.of(broken, three, Map.of("mean",
                new Collector.Mean(List.of(Site.of("blocks.1.hook_resid_post")), Reading.COORDINATES, false)),
                Survey.Settings.DEFAULT).run();
        assertEquals(List.of("row 2: blocks.1.hook_resid_post is NaN at position 2"), result.leftOut());
        assertEquals(6, result.found().get("mean").counts("blocks.1.hook_resid_post")[0]);
    }

    @Test void whatDoesNotFitIsRefusedBeforeItRuns() {
        Survey.Settings small = new Survey.Settings(OptionalInt.empty(), Optional.empty(), OptionalLong.of(1000),
                Optional.empty(), (_, _, _) -> {});
        MemoryException tooLarge = assertThrows(MemoryException.class,
                () -> Survey.of(model, data(), Map.of("loss", new Collector.Loss()), small).run());
        assertTrue(tooLarge.getMessage().contains("a survey of rows of"), tooLarge.getMessage());
        MemoryException collected = assertThrows(MemoryException.class, () -> Survey.of(model, data(),
                Map.of("top", new Collector.Top(List.of(POST), Reading.COORDINATES, 100_000, 200, true)),
                Survey.Settings.DEFAULT));
        assertTrue(collected.getMessage().contains("what this survey collects"), collected.getMessage());
    }

    @Test void mistakesAreNamed() {
        assertMessage("no hook", () -> one(new Collector.Mean(List.of(Site.of("blocks.0.hook_rsid_pre")),
                Reading.COORDINATES, false)));
        assertMessage("as many as its sources", () -> one(new Collector.Mean(
                List.of(Site.of("blocks.0.attn.hook_pattern")), Reading.COORDINATES, false)));
        assertMessage("a direction of 3 numbers does not fit blocks.3.hook_resid_post", () -> one(new Collector.Mean(
                List.of(RESIDUAL), new Reading.Along(Tensor.of(Shape.of("dModel", 3), 1, 2, 3)),
                false)));
        assertMessage("the metric names 2 tokens", () -> one(new Collector.OfRows(
                new Metric.Rank(List.of(1, 2), -1))));
        assertMessage("no 400 in blocks.0.mlp.hook_post", () -> one(new Collector.Mean(
                List.of(Site.of("blocks.0.mlp.hook_post").columns(List.of(400))), Reading.COORDINATES, false)));
        assertMessage("the dataset has no rows", () -> Survey.of(model,
                new Dataset(new Source.Ids(List.of()), DatasetOptions.DEFAULT), Map.of("loss", new Collector.Loss()),
                Survey.Settings.DEFAULT).run());
    }

    private static void assertMessage(String expected, Runnable what) {
        UsageException e = assertThrows(UsageException.class, what::run);
        assertTrue(e.getMessage().contains(expected), e.getMessage());
    }
}
