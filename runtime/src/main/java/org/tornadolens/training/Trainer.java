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
import org.tornadolens.architecture.Parameters;
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
 * Trains a model on the CPU with AdamW. The same settings, data and number of threads give the same bytes, whether or
 * not the training was stopped and resumed.
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
    private String firstData = "";     // the digest of the first step's; only with checkpoints

    /**
     * The results of a step.
     *
     * @param step counted from 1
     * @param loss weighted mean over the batch before the update, in nats
     * @param rate the learning rate
     */
    public record Step(int step, int steps, double loss, double rate, double gradientNorm) {}

    /** A trained model, and the loss of every step. */
    public record Result(Model model, List<Float> losses) {}

    /** Receives the progress of a training. */
    public interface Listener {

        /** Called after every step. */
        default void stepped(Step step) {}

        /** Called after every {@link TrainingOptions#every} steps and after the last; true ends the training. */
        default boolean evaluated(Step step, Model model) {
            return false;
        }
    }

    /** Prepares the training of a model with random weights. */
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

    /**
     * Prepares further training of a model, which is not changed. A model without a tokenizer gets that of the data.
     */
    public Trainer(Model start, Data data, TrainingOptions options) {
        this(start.configuration(), start.checkpoint().tokenizer() instanceof TokenizerSource.None ? data.tokenizer()
                : start.checkpoint().tokenizer(), data, options);
        trainable.copy(start.weights());
    }

    private static Model model(Checkpoint checkpoint) { return Model.of(checkpoint, Backends.cpu()); }

    /** Returns the memory of a step in bytes, without the parameters and the state of the optimiser. */
    public long memory(int rows, int length) {
        return executable.plan(new Sizes(rows, length, 0)).bytes();
    }

    /** Returns about how many bytes a checkpoint of such a model takes: the weights and two averages of each. */
    public static long checkpointBytes(Configuration configuration) {
        return 3 * Float.BYTES * new Parameters(configuration).all().stream()
                .mapToLong(parameter -> (long) parameter.rows() * parameter.columns()).sum();
    }

    /** Returns the current model, which later steps do not change. */
    public Model snapshot() {
        return model(new Checkpoint(Path.of("trained"), "trained", configuration, trainable.snapshot(), tokenizer));
    }

    /** Trains to the last step; one that resumes does so from the step in its checkpoint file, if there is one. */
    public Result run(Listener listener) {
        List<String> basis = options.checkpoint().map(this::basis).orElse(List.of());
        options.checkpoint().filter(TrainingOptions.Checkpointing::resume).ifPresent(c -> resume(c, basis));
        while (step < options.steps()) {
            List<Batch> batches = batches(step);
            if (step == 0 && options.checkpoint().isPresent()) firstData = Digest.of(batches);
            Step done = step(batches);
            listener.stepped(done);
            boolean last = step == options.steps();
            boolean ended = (last || options.every() > 0 && step % options.every() == 0)
                    && listener.evaluated(done, snapshot());
            options.checkpoint().filter(c -> last || step % c.every() == 0).ifPresent(
                    c -> new TrainingState(basis, firstData, Digest.of(batches), losses).write(c.file(), trainable));
            if (ended) break;
        }
        return new Result(snapshot(), List.copyOf(losses));
    }

    private void resume(TrainingOptions.Checkpointing checkpointing, List<String> basis) {
        TrainingState.read(checkpointing.file(), basis, trainable).ifPresent(done -> {
            losses.addAll(done.losses());
            step = losses.size();
            firstData = Digest.of(batches(0));
            if (!firstData.equals(done.first()) || !Digest.of(batches(step - 1)).equals(done.last()))
                throw TrainingState.changed("the data");
        });
    }

    /** Returns a description of everything that a training and one that resumes it must have in common. */
    private List<String> basis(TrainingOptions.Checkpointing checkpointing) {
        List<String> basis = new ArrayList<>(checkpointing.basis());
        basis.add("configuration " + List.of(configuration.family().name(), configuration.blocks(),
                configuration.heads(), configuration.context(), configuration.vocabulary(), configuration.variant()));
        basis.add("options " + options.fingerprint());
        Digest weights = new Digest();
        trainable.parameters().forEach(p -> weights.memory(trainable.live().get(p.name()).data()));
        basis.add("start " + weights.hex());
        return basis;
    }

    /** Returns the data of a step, counted from 0, which the seed and the step determine. */
    private List<Batch> batches(int step) {
        SplittableRandom random = new SplittableRandom(options.seed() * 0xD1342543DE82EF95L + step);
        List<Batch> batches = new ArrayList<>();
        for (int i = 0; i < options.accumulate(); i++) batches.add(checked(data.next(random, options.rows())));
        return batches;
    }

    private Step step(List<Batch> batches) {
        double total = 0;
        for (Batch batch : batches) for (float weight : weights(batch, batch.tokens().length())) total += weight;
        if (total == 0)
            throw new UsageException("step " + (step + 1) + ": no token of this batch counts towards the loss");

        double mean = 0;
        boolean several = batches.size() > 1;
        if (several) trainable.clear();
        for (Batch batch : batches) {
            mean += runBatch(batch, total, several);
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

    /** Runs one batch forward and backward, and returns its part of the mean loss. */
    private double runBatch(Batch batch, double total, boolean separate) {
        Optional<int[]> last = targetsOnly(batch);
        Tokens tokens = last.isPresent() ? withoutLast(batch.tokens()) : batch.tokens();
        float[] weights = weights(batch, tokens.length());
        Sizes sizes = new Sizes(tokens.batch(), tokens.length(), 0);
        Tensor seed = Tensor.zeros(gradients.seed().shape(sizes)), found = Tensor.zeros(loss.shape(sizes));
        for (int i = 0; i < weights.length; i++)
            seed.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (weights[i] / total));
        Map<Value, Tensor> into = new LinkedHashMap<>();
        into.put(loss, found);
        gradients.parameters().forEach(
                (parameter, value) -> into.put(value, trainable.gradient(parameter, value, separate)));
        Map<Value, Tensor> given = Map.of(gradients.seed(), seed);
        executable.run(new Inputs(tokens.ids(), tokens.padding(), Optional.empty(), given, last), into);
        double sum = 0;
        for (int i = 0; i < weights.length; i++)
            if (weights[i] > 0) sum += weights[i] / total * found.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
        return sum;
    }

    /**
     * Returns the last token of every row if it is only a target, so that its position need not be computed. Absent if
     * positions are counted from the end, or if a row has no other token.
     */
    private Optional<int[]> targetsOnly(Batch batch) {
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

    /**
     * Returns the weights of the losses that the program computes on the first {@code computed} tokens: [batch, pos].
     */
    private float[] weights(Batch batch, int computed) {
        float[] all = batch.effectiveWeights();
        int length = batch.tokens().length();
        if (options.at().isEmpty()) {
            float[] weights = new float[batch.tokens().batch() * computed];
            for (int i = 0; i < weights.length; i++) weights[i] = all[i / computed * length + i % computed];
            return weights;
        }
        List<Integer> at = options.at().get();
        float[] weights = new float[batch.tokens().batch() * at.size()];
        for (int row = 0; row < batch.tokens().batch(); row++) {
            int[] indices = Positions.indices(at, batch.tokens().padding()[row], length);
            for (int i = 0; i < indices.length; i++) weights[row * at.size() + i] = all[row * length + indices[i]];
        }
        return weights;
    }

    private UsageException diverged(double mean) {
        String where = trainable.diverged().map(p -> "the gradient of " + p.name() + " is not finite")
                .orElse("the norm of the gradients is not finite");
        return new UsageException("the training diverged at step " + step + ": " + where + ", the loss is " + mean
                + (losses.isEmpty() ? "" : " after " + losses.getLast())
                + "; lower the learning rate, warm up longer, or clip the gradients");
    }
}
