package org.tornadolens.training;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.Positions;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Differentiation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * Trains a Llama on the CPU: every step a batch forward and backward, and AdamW. The same settings, data and number of
 * threads give the same bytes, whether or not the training was stopped and resumed on the way.
 */
public final class Trainer {

    private final TrainingOptions options;
    private final Data data;
    private final Configuration configuration;
    private final TokenizerSource tokenizer;
    private final Trainable trainable;
    private final Differentiation.Gradients gradients;
    private final Value loss;
    private final Executable executable;
    private final List<Float> losses = new ArrayList<>();
    private int step;

    /** What a step came to. {@code loss} is the weighted mean over its batch in nats, before the step; {@code step} counts from 1. */
    public record Step(int step, int steps, double loss, double rate, double gradientNorm) {}

    /** A trained model, and the loss of every step. */
    public record Result(Model model, List<Float> losses) {}

    /** Told of the training as it goes. */
    public interface Listener {

        /** After every step. */
        default void stepped(Step step) {}

        /** Every so many steps, as the options say, and after the last; true ends the training. */
        default boolean evaluated(Step step, Model model) {
            return false;
        }
    }

    /** A model of random weights. */
    public Trainer(Configuration configuration, TokenizerSource tokenizer, Data data, TrainingOptions options) {
        this.configuration = configuration;
        this.tokenizer = tokenizer;
        this.data = data;
        this.options = options;
        trainable = new Trainable(configuration);
        trainable.initialise(configuration, options.init(), options.seed());
        RunOptions run = RunOptions.DEFAULT.withoutLogits().withLoss();
        Model model =
                model(new Checkpoint(Path.of("training"), "training", configuration, trainable.live(), tokenizer));
        Program program = model.program(options.at().map(p -> run.at(p.toArray(Integer[]::new))).orElse(run));
        loss = program.value("loss").orElseThrow();
        gradients = Differentiation.of(program, loss, List.of(), trainable.parameters());
        executable = model.backend().compile(gradients.program(), trainable.live());
    }

    /** Goes on with the weights of a model, which stays as it is. One that has no tokenizer yet gets the data's. */
    public Trainer(Model start, Data data, TrainingOptions options) {
        this(start.configuration(), start.checkpoint().tokenizer() instanceof TokenizerSource.None ? data.tokenizer()
                : start.checkpoint().tokenizer(), data, options);
        trainable.copy(start.weights());
    }

    private static Model model(Checkpoint checkpoint) { return Model.of(checkpoint, Backends.cpu()); }

    /** The memory that a step takes besides the parameters and the optimiser's state, in bytes. */
    public long memory(int rows, int length) {
        return executable.plan(new Sizes(rows, length, 0)).bytes();
    }

    /** The model as it is now: later steps do not change it. */
    public Model snapshot() {
        return model(new Checkpoint(Path.of("trained"), "trained", configuration, trainable.snapshot(), tokenizer));
    }

    /** Trains up to the last step. */
    public Result run(Listener listener) {
        options.checkpoint().ifPresent(c -> TrainingState.read(c.file(), fingerprint(), trainable).ifPresent(done -> {
            losses.addAll(done);
            step = done.size();
        }));
        while (step < options.steps()) {
            Step done = step();
            listener.stepped(done);
            boolean last = step == options.steps();
            boolean ended = (last || options.every() > 0 && step % options.every() == 0)
                    && listener.evaluated(done, snapshot());
            options.checkpoint().ifPresent(c -> {
                if (last || step % c.every() == 0) TrainingState.write(c.file(), fingerprint(), trainable, losses);
            });
            if (ended) break;
        }
        return new Result(snapshot(), List.copyOf(losses));
    }

    /** What a stopped training must have in common with one that resumes it. */
    private String fingerprint() {
        return configuration + " " + options.fingerprint();
    }

    private Step step() {
        SplittableRandom random = new SplittableRandom(options.seed() * 0xD1342543DE82EF95L + step);
        List<Batch> batches = new ArrayList<>();
        for (int i = 0; i < options.accumulate(); i++) batches.add(checked(data.next(random, options.rows())));
        double total = 0;
        for (Batch batch : batches) for (float weight : weights(batch, batch.tokens().length())) total += weight;
        if (total == 0)
            throw new UsageException("step " + (step + 1) + ": no token of this batch counts towards the loss");

        double mean = 0;
        boolean several = batches.size() > 1;
        if (several) trainable.clear();
        for (Batch batch : batches) {
            mean += carry(batch, total, several);
            if (several) trainable.collect();
        }
        step++;
        double norm = trainable.gradientNorm();
        if (!Double.isFinite(mean) || !Double.isFinite(norm)) throw diverged(mean);
        double rate = options.schedule().rate(step - 1, options.steps());
        trainable.step(options.optimizer(), step, rate,
                options.clip() > 0 && norm > options.clip() ? options.clip() / norm : 1);
        losses.add((float) mean);
        return new Step(step, options.steps(), mean, rate, norm);
    }

    private Batch checked(Batch batch) {
        for (int id : batch.tokens().ids()) {
            if (id < 0 || id >= configuration.dVocab())
                throw new UsageException("step " + (step + 1) + ": the data has token " + id
                        + ", and the model's ids run from 0 to " + (configuration.dVocab() - 1));
        }
        if (batch.tokens().length() > configuration.nCtx())
            throw new UsageException("step " + (step + 1) + ": rows of " + batch.tokens().length()
                    + " tokens are longer than the model's nCtx of " + configuration.nCtx());
        return batch;
    }

    /** One batch forward and backward; gives its part of the mean loss. */
    private double carry(Batch batch, double total, boolean beside) {
        Optional<int[]> last = guessedOnly(batch);
        Tokens tokens = last.isPresent() ? withoutLast(batch.tokens()) : batch.tokens();
        float[] weights = weights(batch, tokens.length());
        Sizes sizes = new Sizes(tokens.batch(), tokens.length(), 0);
        Tensor seed = Tensor.zeros(gradients.seed().shape(sizes)), found = Tensor.zeros(loss.shape(sizes));
        for (int i = 0; i < weights.length; i++)
            seed.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (weights[i] / total));
        Map<Value, Tensor> into = new LinkedHashMap<>();
        into.put(loss, found);
        gradients.parameters()
                .forEach((parameter, value) -> into.put(value, trainable.gradient(parameter, value, beside)));
        executable.run(
                new Inputs(tokens.ids(), tokens.padding(), Optional.empty(), Map.of(gradients.seed(), seed), last),
                into);
        double sum = 0;
        for (int i = 0; i < weights.length; i++)
            if (weights[i] > 0) sum += weights[i] / total * found.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
        return sum;
    }

    /**
     * The last token of every row, where it is guessed and nothing is guessed from it, so that it need not be computed:
     * always, but where positions are counted from the end or rows have no other token.
     */
    private Optional<int[]> guessedOnly(Batch batch) {
        Tokens tokens = batch.tokens();
        int last = tokens.length() - 1;
        for (int padding : tokens.padding()) {
            if (padding >= last
                    || options.at().stream().flatMap(List::stream).anyMatch(p -> p < 0 || padding + p >= last))
                return Optional.empty();
        }
        return Optional.of(IntStream.range(0, tokens.batch()).map(row -> tokens.id(row, last)).toArray());
    }

    private static Tokens withoutLast(Tokens tokens) {
        int length = tokens.length();
        return new Tokens(IntStream.range(0, tokens.ids().length).filter(i -> i % length < length - 1)
                .map(i -> tokens.ids()[i]).toArray(), tokens.padding());
    }

    /** Of every loss that the program computes on the first {@code computed} tokens of the rows: [batch, positions]. */
    private float[] weights(Batch batch, int computed) {
        float[] all = batch.effectiveWeights();
        int length = batch.tokens().length();
        if (options.at().isEmpty()) {
            float[] some = new float[batch.tokens().batch() * computed];
            for (int i = 0; i < some.length; i++) some[i] = all[i / computed * length + i % computed];
            return some;
        }
        List<Integer> at = options.at().get();
        float[] some = new float[batch.tokens().batch() * at.size()];
        for (int row = 0; row < batch.tokens().batch(); row++) {
            int[] indices = Positions.indices(at, batch.tokens().padding()[row], length);
            for (int i = 0; i < indices.length; i++) some[row * at.size() + i] = all[row * length + indices[i]];
        }
        return some;
    }

    private UsageException diverged(double mean) {
        String where =
                trainable.diverged().map(p -> "the gradient of " + p.name() + " has elements that are no numbers")
                        .orElse("the gradients have become too large for their squares to be summed");
        return new UsageException("the training diverged at step " + step + ": " + where + ", the loss is " + mean
                + (losses.isEmpty() ? "" : " after " + losses.getLast())
                + "; lower the learning rate, warm up longer, or clip the gradients");
    }
}
