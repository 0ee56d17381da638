package org.tornadolens.bench;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.bench.OperationTimer.Trial;
import org.tornadolens.model.Model;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Rule;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size.Symbol;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.program.Value;

/** Times every operation of a device's backend and of the CPU backend in one run. Prints a Markdown table. */
public final class OperationBench {

    private static final int MANY = 8;   // batch rows for operations whose time would mostly be a device's launch
    private static final Dimension BATCH = new Dimension("batch", Symbol.BATCH), POS = new Dimension("pos", Symbol.POS),
            DEST = new Dimension("dest", Symbol.POS), SRC = new Dimension("src", Symbol.KEY);

    private final Model model;
    private final Configuration c;
    private final Parameters parameters;
    private final Predicate<String> chosen;
    private final Consumer<String> progress, out;
    private final Parameter headGain;
    private final List<Named> trials = new ArrayList<>();

    private record Named(String name, Trial trial) {}

    private OperationBench(Model model, Predicate<String> chosen, Consumer<String> progress, Consumer<String> out) {
        this.chosen = chosen;
        this.model = model;
        this.c = model.configuration();
        this.parameters = new Parameters(c);
        this.headGain = new Parameter("gain of every head", 1, c.dHead());
        this.progress = progress;
        this.out = out;
    }

    /**
     * @param chosen   the operations to measure, by their names in the table
     * @param progress receives the name of each measurement
     * @param out      receives the table line by line
     * @throws UsageException if none is chosen
     */
    public static void run(Model model, Predicate<String> chosen, Consumer<String> progress, Consumer<String> out) {
        new OperationBench(model, chosen, progress, out).run();
    }

    private void run() {
        int length = Math.min(512, c.nCtx()), few = Math.min(64, c.nCtx());
        linear(length, few);
        attention(length);
        rows(MANY, length);
        interventions(MANY, length);
        metrics(few);
        derivatives(length, few);
        List<String> all = trials.stream().map(Named::name).distinct().toList();
        trials.removeIf(named -> !chosen.test(named.name()));
        if (trials.isEmpty()) throw new UsageException("no operation is chosen; there are: " + String.join("; ", all));
        Backend cpu = Backends.cpu(), device = model.backend();
        boolean both = device != cpu;
        line("%s, %s, Java %s", LocalDate.now(), device.device(), Runtime.version());
        line("");
        line(both ? "| operation | tokens | %s | cpu | times the CPU backend |" : "| operation | tokens | cpu |",
                device.name());
        line(both ? "|---|---|---|---|---|" : "|---|---|---|");
        Weights weights = weights();
        OperationTimer here = new OperationTimer(device, weights), there = new OperationTimer(cpu, weights);
        for (Named named : trials) {
            Trial trial = named.trial();
            String tokens = trial.batch() == 1 ? String.valueOf(trial.pos()) : trial.batch() + " × " + trial.pos();
            double seconds = here.seconds(trial);
            if (both) {
                double plain = there.seconds(trial);
                line("| %s | %s | %.3f ms | %.3f ms | %.2f |", named.name(), tokens, seconds * 1e3, plain * 1e3,
                        seconds / plain);
            } else {
                line("| %s | %s | %.3f ms |", named.name(), tokens, seconds * 1e3);
            }
            progress.accept(named.name());
        }
    }

    /** Returns the weights of the model, and the gain of a norm per head, which not every model has. */
    private Weights weights() {
        Map<String, Weight> all = new LinkedHashMap<>();
        for (String name : model.weights().names()) all.put(name, model.weights().get(name));
        float[] ones = new float[c.dHead()];
        Arrays.fill(ones, 1);
        all.put(headGain.name(), Weight.of(headGain.name(), 1, c.dHead(), ones));
        return new Weights(all);
    }

    // ---- values of the model's shape

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }

    private Value stream(String name) { return Value.of(name, BATCH, POS, fixed("dModel", c.dModel())); }

    private Value hidden(String name) { return Value.of(name, BATCH, POS, fixed("dMlp", c.dMlp())); }

    private Value logits(String name) { return Value.of(name, BATCH, POS, fixed("dVocab", c.dVocab())); }

    private Value numbers(String name) { return Value.of(name, BATCH, POS); }

    private Value scale(String name) { return Value.of(name, BATCH, POS, fixed("scale", 1)); }

    private Value heads(String name) {
        return Value.of(name, BATCH, POS, fixed("head", c.nHeads()), fixed("dHead", c.dHead()));
    }

    private Value keys(String name) {
        return Value.of(name, BATCH, POS, fixed("kvHead", c.nKvHeads()), fixed("dHead", c.dHead()));
    }

    private Value allKeys(String name) {
        return Value.of(name, BATCH, new Dimension("key", Symbol.KEY), fixed("kvHead", c.nKvHeads()),
                fixed("dHead", c.dHead()));
    }

    private Value own(String name) {
        return Value.of(name, BATCH, POS, fixed("head", c.nHeads()), fixed("dModel", c.dModel()));
    }

    private Value pattern(String name) { return Value.of(name, BATCH, fixed("head", c.nHeads()), DEST, SRC); }

    private static Value gradient(Parameter parameter) {
        return Value.of(parameter.name() + ".grad", fixed("out", parameter.rows()), fixed("in", parameter.columns()));
    }

    private void add(String name, int batch, int pos, Operation operation) {
        trials.add(new Named(name, new Trial(operation, batch, pos)));
    }

    private List<Integer> someHeads() { return IntStream.range(0, Math.min(2, c.nHeads())).boxed().toList(); }

    // ---- what is measured

    private void linear(int length, int few) {
        add("embed", MANY, length, new Operation.Embed(parameters.get(ParameterSpec.EMBEDDING), stream("out")));
        for (int tokens : new int[]{length, few, Math.min(15, few), 4, 1}) {
            add("matrix product, %d × %d".formatted(c.dMlp(), c.dModel()), 1, tokens,
                    new Operation.Linear(stream("x"), parameters.get(ParameterSpec.W_UP, 0), hidden("out")));
            add("matrix product, %d × %d".formatted(c.dModel(), c.dMlp()), 1, tokens,
                    new Operation.Linear(hidden("x"), parameters.get(ParameterSpec.W_DOWN, 0), stream("out")));
        }
        add("unembedding, %d × %d".formatted(c.dVocab(), c.dModel()), 1, 1,
                new Operation.Linear(stream("x"), parameters.unembedding(), logits("out")));
        add("product of every head's own input", 1, few,
                new Operation.LinearPerHead(own("x"), parameters.get(ParameterSpec.W_Q, 0), heads("out")));
        add("result of every head", 1, few, new Operation.HeadResult(heads("z"), parameters.get(ParameterSpec.W_O, 0),
                IntStream.range(0, c.nHeads()).boxed().toList(), own("out")));
    }

    private void attention(int length) {
        add("rotate", MANY, length, new Operation.Rotate(heads("x"), c.rotary(), heads("out")));
        add("scores", 1, length, new Operation.Scores(heads("q"), keys("k"), pattern("out")));
        add("softmax", 1, length, new Operation.Softmax(pattern("scores"), pattern("out")));
        add("mix", 1, length, new Operation.Mix(pattern("pattern"), keys("v"), heads("out")));
        add("attention, nothing kept", 1, length, new Operation.Attend(heads("q"), keys("k"), keys("v"), heads("out")));
        add("attention, nothing kept", 16, Math.min(32, length),
                new Operation.Attend(heads("q"), keys("k"), keys("v"), heads("out")));
        windows(Math.min(2048, c.nCtx()));
    }

    /** Adds the same attention with and without a window: positions outside a window should take no time. */
    private void windows(int length) {
        OptionalInt all = OptionalInt.empty(), window = OptionalInt.of(Math.max(1, length / 8));
        for (OptionalInt keys : List.of(all, window)) {
            String seeing = keys.isPresent() ? " in a window of " + keys.getAsInt() : "";
            Value q = heads("q"), k = keys("k"), v = keys("v");
            Value inputs = q.resized("out", 2, c.nHeads() + 2 * c.nKvHeads());
            add("attention" + seeing, 1, length, new Operation.Attend(q, k, v, keys, heads("out")));
            add("scores" + seeing, 1, length, new Operation.Scores(q, k, keys, pattern("out")));
            add("attention" + seeing + " by all it reads", 1, length,
                    new Derivative.AttendInputs(heads("dy"), q, k, v, keys, inputs));
            int past = length - 1;
            Operation token = new Operation.Attend(q, allKeys("k"), allKeys("v"), keys, heads("out"));
            trials.add(new Named("attention of a token with a past of " + past + seeing, new Trial(token, 1, 1, past)));
        }
    }

    private void rows(int batch, int length) {
        add("norm's scale", batch, length, new Operation.NormScale(stream("x"), c.normEps(), scale("out")));
        add("normalize", batch, length, new Operation.Normalize(stream("x"), scale("scale"), stream("out")));
        add("gain", batch, length,
                new Operation.Gain(stream("x"), parameters.get(ParameterSpec.NORM_FINAL), stream("out")));
        add("RMSNorm", batch, length, new Operation.RmsNorm(stream("x"), parameters.get(ParameterSpec.NORM_FINAL),
                c.normEps(), stream("out")));
        add("RMSNorm of every head", batch, length,
                new Operation.RmsNorm(heads("x"), headGain, c.normEps(), heads("out")));
        Parameter bias = parameters.get(ParameterSpec.NORM_FINAL);   // a vector of the model's width
        add("bias", batch, length, new Operation.Bias(stream("x"), bias, stream("out")));
        add("add", batch, length, new Operation.Sum(stream("a"), stream("b"), stream("out")));
        add("SwiGLU", batch, length, new Operation.SwiGlu(hidden("gate"), hidden("up"), hidden("out")));
        add("repeat for every head", 1, length, new Operation.Repeat(stream("x"), own("out")));
        add("sum over heads", 1, length, new Operation.SumHeads(own("x"), stream("out")));
        add("gather heads", batch, length, new Operation.Gather(heads("x"),
                Selection.ALL.heads(Optional.of(someHeads())), heads("x").resized("out", 2, someHeads().size())));
    }

    private void interventions(int batch, int length) {
        Selection some = Selection.ALL.heads(Optional.of(someHeads()));
        Rule twice = new Rule.Times(2);
        add("zero of heads", batch, length, new Operation.Zero(heads("x"), some, heads("out")));
        add("scale of heads", batch, length, new Operation.Pointwise(heads("x"), some, twice, heads("out")));
        add("clamp of heads", batch, length,
                new Operation.Pointwise(heads("x"), some, new Rule.Clamp(-1, 1), heads("out")));
        add("patch of heads", batch, length, new Operation.Replace(heads("x"), heads("source"), some, heads("out")));
        add("patch of everything", batch, length,
                new Operation.Replace(stream("x"), stream("source"), Selection.ALL, stream("out")));
        add("addition to everything", batch, length,
                new Operation.Shift(stream("x"), stream("source"), 2, Selection.ALL, stream("out")));
        add("a direction projected out", batch, length,
                new Operation.Subspace(stream("x"),
                        Value.of("basis", fixed("direction", 1), fixed("dModel", c.dModel())), false, Selection.ALL,
                        stream("out")));
    }

    private void metrics(int few) {
        add("next token's loss", 1, few, new Operation.NextTokenLoss(logits("logits"), Selection.ALL, numbers("out")));
        add("log probability", 1, few,
                new Operation.LogProbability(logits("logits"), List.of(List.of(1, 2)), numbers("out")));
        add("rank", 1, few, new Operation.Rank(logits("logits"), List.of(1), numbers("out")));
        add("KL divergence", 1, few, new Operation.KlDivergence(logits("logits"), logits("reference"), numbers("out")));
        add("arg-max", 1, few, new Operation.ArgMax(logits("logits"), numbers("out")));
        add("inner products", 4, 8 * few, new Operation.Dot(stream("x"), stream("y"), numbers("out")));
    }

    private void derivatives(int length, int few) {
        Parameter up = parameters.get(ParameterSpec.W_UP, 0), query = parameters.get(ParameterSpec.W_Q, 0),
                output = parameters.get(ParameterSpec.W_O, 0);
        List<Integer> every = IntStream.range(0, c.nHeads()).boxed().toList();
        add("product by its input", 1, length, new Derivative.LinearInput(hidden("dy"), up, stream("out")));
        add("product by its weight", 1, length, new Derivative.LinearWeight(hidden("dy"), stream("x"), gradient(up)));
        add("every head's product by its input", 1, few,
                new Derivative.LinearPerHeadInput(heads("dy"), query, own("out")));
        add("every head's product by its weight", 1, few,
                new Derivative.LinearPerHeadWeight(heads("dy"), own("x"), gradient(query)));
        add("every head's result by z", 1, few, new Derivative.HeadResultInput(own("dy"), output, every, heads("out")));
        add("every head's result by its weight", 1, few,
                new Derivative.HeadResultWeight(own("dy"), heads("z"), every, gradient(output)));
        add("embedding by its table", 1, length,
                new Derivative.EmbedTable(stream("dy"), gradient(parameters.get(ParameterSpec.EMBEDDING))));
        add("norm's scale by its input", MANY, length,
                new Derivative.NormScaleInput(stream("x"), scale("scale"), scale("dy"), stream("out")));
        add("normalize by its scale", MANY, length,
                new Derivative.NormalizeScale(stream("dy"), stream("x"), scale("scale"), scale("out")));
        add("gain by itself", MANY, length, new Derivative.GainWeight(stream("dy"), stream("x"),
                gradient(parameters.get(ParameterSpec.NORM_FINAL))));
        add("bias by itself", MANY, length,
                new Derivative.BiasWeight(stream("dy"), gradient(parameters.get(ParameterSpec.NORM_FINAL))));
        add("RMSNorm by its input", MANY, length, new Derivative.RmsNormInput(stream("dy"), stream("x"),
                parameters.get(ParameterSpec.NORM_FINAL), c.normEps(), stream("out")));
        add("RMSNorm by its gain", MANY, length, new Derivative.RmsNormGain(stream("dy"), stream("x"), c.normEps(),
                gradient(parameters.get(ParameterSpec.NORM_FINAL))));
        add("rotation back", MANY, length, new Derivative.RotateInput(heads("dy"), c.rotary(), heads("out")));
        OptionalInt all = OptionalInt.empty();
        add("scores by queries", 1, length, new Derivative.ScoresQueries(pattern("dy"), keys("k"), all, heads("out")));
        add("scores by keys", 1, length, new Derivative.ScoresKeys(pattern("dy"), heads("q"), all, keys("out")));
        add("softmax by scores", 1, length,
                new Derivative.SoftmaxInput(pattern("dy"), pattern("pattern"), pattern("out")));
        add("mix by pattern", 1, length, new Derivative.MixPattern(heads("dy"), keys("v"), pattern("out")));
        add("mix by values", 1, length, new Derivative.MixValues(heads("dy"), pattern("pattern"), keys("out")));
        add("attention by all it reads", 1, length,
                new Derivative.AttendInputs(heads("dy"), heads("q"), keys("k"), keys("v"),
                        all, heads("q").resized("out", 2, c.nHeads() + 2 * c.nKvHeads())));
        add("SwiGLU by gate", MANY, length,
                new Derivative.SwiGluGate(hidden("dy"), hidden("gate"), hidden("up"), hidden("out")));
        add("SwiGLU by up", MANY, length, new Derivative.SwiGluUp(hidden("dy"), hidden("gate"), hidden("out")));
        add("heads scattered", MANY, length, new Derivative.Scatter(heads("x").resized("dy", 2, someHeads().size()),
                Selection.ALL.heads(Optional.of(someHeads())), heads("out")));
        Rule twice = new Rule.Times(2);
        add("change by its input", MANY, length,
                new Derivative.PointwiseInput(stream("dy"), stream("x"), Selection.ALL, twice, stream("out")));
        add("patch by its source", MANY, length,
                new Derivative.SourceInput(stream("dy"), Selection.ALL, 1, stream("out")));
        add("next token's loss by logits", 1, few,
                new Derivative.NextTokenLossInput(logits("logits"), numbers("dy"), Selection.ALL, logits("out")));
        add("log probability by logits", 1, few, new Derivative.LogProbabilityInput(logits("logits"), numbers("dy"),
                List.of(List.of(1, 2)), logits("out")));
        add("KL divergence by logits", 1, few,
                new Derivative.KlDivergenceInput(logits("logits"), numbers("dy"), logits("reference"), logits("out")));
        add("inner products by a factor", MANY, length,
                new Derivative.DotFirst(numbers("dy"), stream("y"), stream("out")));
        add("inner products by the other", MANY, length,
                new Derivative.DotSecond(numbers("dy"), stream("x"), stream("out")));
    }

    private void line(String format, Object... values) { out.accept(String.format(Locale.ROOT, format, values)); }
}
