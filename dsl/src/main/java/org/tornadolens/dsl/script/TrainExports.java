package org.tornadolens.dsl.script;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Progress;
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

/** Behind {@code train.js}: models from nothing, or from other models. */
public final class TrainExports {

    private final Host host;
    private boolean said;      // where training runs, once in a run

    TrainExports(Host host) { this.host = host; }

    // ---- the model

    /** @param data a task or the corpus, or null */
    @HostAccess.Export public Configuration configuration(int nLayers, int nHeads, int nKvHeads, int dModel, int dHead,
            int dMlp, int dVocab, int nCtx, double ropeTheta, double normEps, boolean tied, Data data) {
        OptionalInt bos = data == null ? OptionalInt.empty() : data.bos();
        return Configuration.llama(new Configuration.Blocks(nLayers, dModel, dMlp, normEps),
                new Configuration.Heads(nHeads, nKvHeads, dHead), Configuration.Context.of(nCtx, ropeTheta),
                new Configuration.Vocabulary(dVocab, tied, bos, OptionalInt.empty()));
    }

    @HostAccess.Export public Configuration shape(Model model) { return model.configuration(); }

    // ---- the data

    @HostAccess.Export public Data rows(Tokens tokens) { return Datasets.rows(tokens); }

    /** A stream of ids, or rows of them. */
    @HostAccess.Export public Data file(Tensor ids, int length) {
        return ids.shape().rank() == 1 ? Datasets.stream(ids, length) : Datasets.rows(Datasets.tokens(ids));
    }

    /** @param generate given a function that draws a number in [0, 1) and the rows wanted, gives what {@link #batch} makes */
    @HostAccess.Export public Data generated(Value generate) {
        return (random, rows) -> generate.execute(new Draws(random), rows).asHostObject();
    }

    /** @param weights [row][position], or null where every guess counts alike */
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

    @HostAccess.Export public TrainingOptions options(int steps, int rows, int accumulate, Value schedule,
            Value optimizer, double clip, Value at, double deviation, Value deviations, double seed, int every,
            String checkpoint, int checkpointEvery) {
        double[] rate = Arguments.doubles(schedule.getArrayElement(0)), adam = Arguments.doubles(optimizer);
        Schedule.Shape shape = Schedule.Shape.valueOf(schedule.getArrayElement(1).asString().toUpperCase(Locale.ROOT));
        Optional<TrainingOptions.Checkpointing> kept = Optional.ofNullable(checkpoint)
                .map(name -> new TrainingOptions.Checkpointing(beside(name), checkpointEvery));
        return new TrainingOptions(steps, rows, accumulate, new Schedule(rate[0], (int) rate[1], shape, rate[2]),
                new AdamW(adam[0], adam[1], adam[2], adam[3]), clip,
                Arguments.optionalInts(at), new RandomWeights(deviation, named(deviations)), (long) seed, every, kept);
    }

    private static SortedMap<String, Double> named(Value numbers) {
        SortedMap<String, Double> named = new TreeMap<>();
        for (String name : numbers.getMemberKeys()) named.put(name, numbers.getMember(name).asDouble());
        return named;
    }

    /** A file that outlives a run that is stopped: beside the run's folder, which only a run that succeeds fills. */
    private Path beside(String name) {
        if (!name.matches("[\\w-]+"))
            throw new UsageException("a checkpoint is named by letters, digits, _ and -, not \"" + name + "\"");
        Path target = host.folder().target();
        return target.resolveSibling("." + target.getFileName() + "." + name + ".training.safetensors");
    }

    /** What to say where a trained model runs on another device than its training. */
    static Optional<String> elsewhere(Backend backend) {
        return backend.name().equals(Backends.cpu().name()) ? Optional.empty()
                : Optional.of("training runs on the CPU; the model that it gives runs on " + backend.name());
    }

    /**
     * @param start    a model to go on from, or null
     * @param every    told of a snapshot, its step, loss and rate, and gives whether to end; or null
     * @return the model, and the loss of every step
     */
    @HostAccess.Export public ProxyArray train(Configuration configuration, Model start, Data data,
            TrainingOptions options, Value every) {
        Backend backend = Models.backend(host.settings().device().orElse("auto"));
        if (!said) elsewhere(backend).ifPresent(line -> {
            host.progressLine().erase();
            host.err().println(line);
            said = true;
        });
        Trainer trainer = start == null ? new Trainer(configuration, data.tokenizer(), data, options)
                : new Trainer(start, data, options);
        Trainer.Result result;
        try (Progress progress = host.progress("training")) {
            result = trainer.run(new Trainer.Listener() {
                @Override public void stepped(Trainer.Step step) {
                    progress.at(step.step(), step.steps(), String.format(Locale.ROOT, "steps, loss %.4f", step.loss()));
                    Interrupts.check();
                }

                @Override public boolean evaluated(Trainer.Step step, Model model) {
                    return !every.isNull() && every.execute(Model.of(model.checkpoint(), backend), step.step(),
                            step.loss(), step.rate(), step.gradientNorm()).asBoolean();
                }
            });
        }
        List<Float> losses = result.losses();
        float[] all = new float[losses.size()];
        for (int i = 0; i < all.length; i++) all[i] = losses.get(i);
        return ProxyArray.fromArray(Model.of(result.model().checkpoint(), backend),
                Tensor.of(Shape.of("step", all.length), all));
    }
}
