package org.tornadolens.training;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;

/**
 * The options of a training.
 *
 * @param steps      number of updates of the weights
 * @param rows       number of rows requested from the data for each batch
 * @param accumulate number of batches whose gradients are summed for one step
 * @param schedule   the learning rate
 * @param optimizer  the settings of AdamW
 * @param clip       largest norm of the gradient of all parameters; 0: no clipping
 * @param at         positions whose next token is learnt, the only ones for which logits are computed; absent: all
 * @param init       the initial weights
 * @param seed       determines initial weights and data
 * @param every      steps between evaluations; 0: only after the last
 * @param checkpoint where the state is saved, so that a training that is stopped can be resumed
 */
public record TrainingOptions(int steps, int rows, int accumulate, Schedule schedule, AdamW optimizer, double clip,
        Optional<List<Integer>> at, RandomWeights init, long seed, int every, Optional<Checkpointing> checkpoint) {

    /**
     * A file that is written after every {@code every} steps.
     *
     * @param resume whether a training that finds the file resumes from it; otherwise it is overwritten
     * @param basis  what the data and the first weights depend on, such as {@code "script 3b7a…"}, which must be
     *               the same in a training that resumes; the first word is a name for messages
     */
    public record Checkpointing(Path file, int every, boolean resume, List<String> basis) {
        public Checkpointing {
            if (every < 1) throw new UsageException("steps between checkpoints must be at least 1, not " + every);
            basis = List.copyOf(basis);
        }
    }

    public TrainingOptions {
        positive("steps", steps);
        positive("batch", rows);
        positive("accumulate", accumulate);
        if (!(clip >= 0)) throw new UsageException("clip must be a norm, or 0 for none, not " + clip);
        if (every < 0) throw new UsageException("every must be a number of steps, not " + every);
        at = at.map(List::copyOf);
    }

    private static void positive(String name, int value) {
        if (value < 1) throw new UsageException(name + " is " + value + "; it must be positive");
    }

    /** Returns options with initial deviation 0.02, a constant learning rate, no clipping, and all positions. */
    public static TrainingOptions of(int steps, int rows, double rate, long seed) {
        return new TrainingOptions(steps, rows, 1, Schedule.constant(rate), AdamW.DEFAULT, 0, Optional.empty(),
                RandomWeights.of(0.02), seed, 0, Optional.empty());
    }

    public TrainingOptions with(Schedule other) {
        return new TrainingOptions(steps, rows, accumulate, other, optimizer, clip, at, init, seed, every, checkpoint);
    }

    public TrainingOptions with(AdamW other) {
        return new TrainingOptions(steps, rows, accumulate, schedule, other, clip, at, init, seed, every, checkpoint);
    }

    public TrainingOptions at(Integer... positions) {
        return new TrainingOptions(steps, rows, accumulate, schedule, optimizer, clip, Optional.of(List.of(positions)),
                init, seed, every, checkpoint);
    }

    public TrainingOptions accumulate(int batches) {
        return new TrainingOptions(steps, rows, batches, schedule, optimizer, clip, at, init, seed, every, checkpoint);
    }

    public TrainingOptions init(RandomWeights other) {
        return new TrainingOptions(steps, rows, accumulate, schedule, optimizer, clip, at, other, seed, every,
                checkpoint);
    }

    public TrainingOptions clip(double norm) {
        return new TrainingOptions(steps, rows, accumulate, schedule, optimizer, norm, at, init, seed, every,
                checkpoint);
    }

    public TrainingOptions every(int evaluations) {
        return new TrainingOptions(steps, rows, accumulate, schedule, optimizer, clip, at, init, seed, evaluations,
                checkpoint);
    }

    public TrainingOptions checkpoint(Checkpointing other) {
        return new TrainingOptions(steps, rows, accumulate, schedule, optimizer, clip, at, init, seed, every,
                Optional.of(other));
    }

    /** Returns a description of the options that determine the result, which must be the same in a resumed training. */
    String fingerprint() {
        return List.of(steps, rows, accumulate, schedule, optimizer, clip, at, init, seed).toString();
    }
}
