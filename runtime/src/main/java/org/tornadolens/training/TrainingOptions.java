package org.tornadolens.training;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;

/**
 * How a training goes.
 *
 * @param steps      updates of the weights
 * @param rows       rows that each batch asks the data for
 * @param accumulate batches whose gradients are added up for one step
 * @param schedule   the learning rate
 * @param optimizer  AdamW's settings
 * @param clip       the largest norm that the gradient of all parameters together may have; 0: any
 * @param at         the positions whose next token is learnt; absent: all. Logits are computed for no others
 * @param init       the weights at the start
 * @param seed       fixes weights and data
 * @param every      steps between evaluations; 0: only after the last
 * @param checkpoint where a training that is stopped leaves off
 */
public record TrainingOptions(int steps, int rows, int accumulate, Schedule schedule, AdamW optimizer, double clip,
        Optional<List<Integer>> at, RandomWeights init, long seed, int every, Optional<Checkpointing> checkpoint) {

    /** A file that is written every so many steps, and read by a training that finds it. */
    public record Checkpointing(Path file, int every) {
        public Checkpointing {
            if (every < 1) throw new UsageException("checkpoints are written every 1 or more steps, not " + every);
        }
    }

    public TrainingOptions {
        positive("steps", steps);
        positive("batch", rows);
        positive("accumulate", accumulate);
        if (!(clip >= 0)) throw new UsageException("clip is a norm, or 0 for none, not " + clip);
        if (every < 0) throw new UsageException("every is a number of steps, not " + every);
        at = at.map(List::copyOf);
    }

    private static void positive(String name, int value) {
        if (value < 1) throw new UsageException(name + " is " + value + "; it must be positive");
    }

    /** Weights of deviation 0.02, no clipping, every position. */
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

    public TrainingOptions checkpoint(Path file, int often) {
        return new TrainingOptions(steps, rows, accumulate, schedule, optimizer, clip, at, init, seed, every,
                Optional.of(new Checkpointing(file, often)));
    }

    /** What decides the course of the training, and so must be the same for one that goes on where another stopped. */
    String fingerprint() {
        return List.of(steps, rows, accumulate, schedule, optimizer, clip, at, init, seed).toString();
    }
}
