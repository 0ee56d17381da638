package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Progress;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.training.AdamW;
import org.tornadolens.training.Batch;
import org.tornadolens.training.Data;
import org.tornadolens.training.Datasets;
import org.tornadolens.training.RandomWeights;
import org.tornadolens.training.Schedule;
import org.tornadolens.training.Trainer;
import org.tornadolens.training.TrainingOptions;

/** Behind {@code train.js}: training new models, or models further. */
public final class TrainExports {

    private static final int PLANNED_STEPS = 12;   // of a dry run

    private final Host host;
    private boolean said;      // whether the run was told where training runs

    TrainExports(Host host) { this.host = host; }

    // ---- the model

    /** @param data a task or the corpus, which knows its BOS */
    record ConfigurationRequest(int nLayers, int nHeads, int nKvHeads, int dModel, int dHead, int dMlp, int dVocab,
            int nCtx, double ropeTheta, double normEps, boolean tied, Optional<Data> data) {}

    @HostAccess.Export public Configuration configuration(Value request) {
        ConfigurationRequest asked = Requests.read(request, ConfigurationRequest.class);
        OptionalInt bos = asked.data().map(Data::bos).orElse(OptionalInt.empty());
        return Configuration.llama(
                new Configuration.Blocks(asked.nLayers(), asked.dModel(), asked.dMlp(), asked.normEps()),
                new Configuration.Heads(asked.nHeads(), asked.nKvHeads(), asked.dHead()),
                Configuration.Context.of(asked.nCtx(), asked.ropeTheta()),
                new Configuration.Vocabulary(asked.dVocab(), asked.tied(), bos, OptionalInt.empty()));
    }

    @HostAccess.Export public Configuration configurationOf(Model model) { return model.configuration(); }

    // ---- the data

    @HostAccess.Export public Data rows(Tokens tokens) { return Datasets.rows(tokens); }

    /** A stream of ids, or rows of them. */
    @HostAccess.Export public Data file(Tensor ids, int length) {
        return ids.shape().rank() == 1 ? Datasets.stream(ids, length) : Datasets.rows(Datasets.tokens(ids));
    }

    /** @param generate takes {@link Draws} and the number of rows, returns what {@link #batch} makes */
    @HostAccess.Export public Data generated(Value generate) {
        return (random, rows) -> generate.execute(new Draws(random), rows).asHostObject();
    }

    /** @param weights of the predictions in the loss, [row][position]; null if all count alike */
    @HostAccess.Export public Batch batch(Tokens tokens, Value weights) {
        if (weights.isNull()) return new Batch(tokens);
        if (weights.getArraySize() != tokens.batch())
            throw new UsageException("weights of " + weights.getArraySize() + " rows for tokens of " + tokens.batch());
        float[] all = new float[tokens.ids().length];
        for (int row = 0; row < tokens.batch(); row++) {
            double[] own = Arguments.doubles(weights.getArrayElement(row));
            int length = tokens.length() - tokens.padding()[row];
            if (own.length != length)
                throw new UsageException("row " + row + " has " + length + " tokens and " + own.length + " weights");
            for (int i = 0; i < length; i++) all[row * tokens.length() + tokens.padding()[row] + i] = (float) own[i];
        }
        return new Batch(tokens, Optional.of(all));
    }

    /** Random numbers for a generator of the script. */
    public record Draws(SplittableRandom random) {
        @HostAccess.Export public double next() { return random.nextDouble(); }
    }

    // ---- the training

    /**
     * @param configuration of the model that is trained
     * @param start         a model to continue from; without one, random weights
     * @param at            the positions whose next token is learnt; without them, all
     * @param deviation     standard deviation of random weights
     * @param deviations    those of matrices that have their own
     */
    record TrainingRequest(Configuration configuration, Optional<Model> start, Data data, int steps, int batch,
            int accumulate, ScheduleRequest schedule, OptimizerRequest optimizer, double clip,
            Optional<List<Integer>> at, double deviation, Map<String, Double> deviations, double seed,
            Optional<EveryRequest> every, Optional<CheckpointRequest> checkpoint) {}

    /** @param end the last rate as a share of {@code rate} */
    record ScheduleRequest(double rate, int warmup, Schedule.Shape shape, double end) {
        Schedule schedule() { return new Schedule(rate, warmup, shape, end); }
    }

    record OptimizerRequest(double beta1, double beta2, double epsilon, double weightDecay) {
        AdamW adamW() { return new AdamW(beta1, beta2, epsilon, weightDecay); }
    }

    /** @param call gets a snapshot, its step, loss, rate and gradient norm; returns whether to end the training */
    record EveryRequest(int steps, Value call) {}

    record CheckpointRequest(int steps, String name) {}

    /** A dry run takes a few steps, for their time; the others are alike. */
    private int steps(TrainingRequest asked) {
        return host.dryRun().isPresent() ? Math.min(PLANNED_STEPS, asked.steps()) : asked.steps();
    }

    private TrainingOptions options(TrainingRequest asked) {
        return new TrainingOptions(steps(asked), asked.batch(), asked.accumulate(), asked.schedule().schedule(),
                asked.optimizer().adamW(), asked.clip(), asked.at(),
                new RandomWeights(asked.deviation(), new TreeMap<>(asked.deviations())), (long) asked.seed(),
                asked.every().map(EveryRequest::steps).orElse(0), Optional.empty());
    }

    private Optional<TrainingOptions.Checkpointing> checkpointing(TrainingRequest asked, Configuration configuration)
            throws IOException {
        if (asked.checkpoint().isEmpty()) return Optional.empty();
        CheckpointRequest kept = asked.checkpoint().get();
        if (!kept.name().matches("[\\w-]+"))
            throw new UsageException("a checkpoint is named by letters, digits, _ and -, not \"" + kept.name() + "\"");
        return host.training(kept.name(), kept.steps(), Trainer.checkpointBytes(configuration));
    }

    /** The note for a trained model that runs on another device than its training. */
    static Optional<String> elsewhere(Backend backend) {
        return backend.name().equals(Backends.cpu().name()) ? Optional.empty()
                : Optional.of("training runs on the CPU; the model that it gives runs on " + backend.name());
    }

    /** Returns the model, and the loss of every step. */
    @HostAccess.Export public ProxyArray train(Value request) throws IOException {
        TrainingRequest asked = Requests.read(request, TrainingRequest.class);
        TrainingOptions plain = options(asked);
        TrainingOptions options = checkpointing(asked, asked.start().map(Model::configuration)
                .orElse(asked.configuration())).map(plain::checkpoint).orElse(plain);
        Backend real = Models.backend(host.settings().device().orElse("auto")),
                backend = host.dryRun().<Backend>map(dry -> dry.planning(real)).orElse(real);
        if (!said) elsewhere(backend).ifPresent(line -> {
            host.progressLine().erase();
            host.err().println(line);
            said = true;
        });
        Data data = asked.data();
        Trainer trainer = asked.start().map(model -> new Trainer(model, data, options))
                .orElseGet(() -> new Trainer(asked.configuration(), data.tokenizer(), data, options));
        Trainer.Result result;
        long[] ended = new long[options.steps()];
        long before = host.dryRun().isPresent() ? OffHeap.measure() : 0;
        try (Progress progress = host.progress("training")) {
            result = trainer.run(new Trainer.Listener() {
                @Override public void stepped(Trainer.Step step) {
                    ended[step.step() - 1] = System.nanoTime();
                    progress.at(step.step(), step.steps(), String.format(Locale.ROOT, "steps, loss %.4f", step.loss()));
                    Interruption.check();
                }

                @Override public boolean evaluated(Trainer.Step step, Model model) {
                    return asked.every().isPresent() && repeated(asked, () -> asked.every().get().call()
                            .execute(Model.of(model.checkpoint(), backend), step.step(), step.loss(), step.rate(),
                                    step.gradientNorm())
                            .asBoolean());
                }
            });
        }
        List<Float> losses = result.losses();
        float[] all = new float[host.dryRun().isPresent() ? asked.steps() : losses.size()];
        for (int i = 0; i < all.length; i++) all[i] = losses.get(Math.min(i, losses.size() - 1));
        Model trained = Model.of(result.model().checkpoint(), backend);
        host.dryRun().ifPresent(dry -> {
            dry.measuredBy(trained);
            dry.computation("training", OffHeap.highest() - before, 0);
            dry.leavesOut((asked.steps() - ended.length) * fastest(ended));
        });
        return ProxyArray.fromArray(trained, Tensor.of(Shape.of("step", all.length), all));
    }

    /** Calls an evaluation, which in a dry run stands for all. */
    private <T> T repeated(TrainingRequest asked, Supplier<T> once) {
        long times = Math.max(1, asked.steps() / Math.max(1, asked.every().map(EveryRequest::steps).orElse(1)));
        return host.dryRun().map(dry -> dry.repeated(times, once)).orElseGet(once);
    }

    /** Returns the shortest time between the ends of two steps, in seconds. */
    private static double fastest(long[] ended) {
        return IntStream.range(1, ended.length).mapToDouble(i -> (ended[i] - ended[i - 1]) / 1e9).min().orElse(0);
    }
}
