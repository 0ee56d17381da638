package org.tornadolens.training.task;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tokenizer.TokenizerSource;
import org.tornadolens.training.Batch;
import org.tornadolens.training.Data;

/**
 * A task for a small model to learn: rows of one length over the task's own vocabulary, in which some predictions
 * count. No row occurs both in the training data of {@link #next} and in the test data of {@link #heldOut}.
 */
public interface Task extends Data {

    String name();

    Vocabulary vocabulary();

    /** Returns the number of tokens of a row. */
    int length();

    /** Returns the positions whose predictions count; absent if they differ between rows. */
    Optional<List<Integer>> at();

    /** Draws rows that never occur in training. */
    Batch heldOut(SplittableRandom random, int rows);

    @Override default OptionalInt bos() { return OptionalInt.of(Vocabulary.BOS); }

    @Override default TokenizerSource tokenizer() { return vocabulary().source(name(), bos().isPresent()); }

    /** Returns the fraction of the predictions that count whose most probable token is the correct one. */
    static double accuracy(Model model, Batch batch) {
        Tokens tokens = batch.tokens();
        Tensor logits = model.run(tokens, RunOptions.DEFAULT).logits();
        float[] weights = batch.weights().orElseThrow();
        int right = 0, counted = 0;
        for (int row = 0; row < tokens.batch(); row++) {
            for (int i = 0; i + 1 < tokens.length(); i++) {
                if (weights[row * tokens.length() + i] == 0) continue;
                counted++;
                int next = tokens.id(row, i + 1);
                float own = logits.get(row, i, next);
                boolean first = true;
                for (int t = 0; t < model.configuration().dVocab() && first; t++)
                    first = t == next || logits.get(row, i, t) < own;
                if (first) right++;
            }
        }
        return (double) right / counted;
    }

    /** Returns the mean loss of the predictions that count, in nats. */
    static double loss(Model model, Batch batch) {
        Tensor losses = model.run(batch.tokens(), RunOptions.DEFAULT.withoutLogits().withLoss()).loss();
        float[] weights = batch.weights().orElseThrow();
        double sum = 0, total = 0;
        for (int row = 0; row < batch.tokens().batch(); row++) {
            for (int i = 0; i + 1 < batch.tokens().length(); i++) {
                float weight = weights[row * batch.tokens().length() + i];
                if (weight == 0) continue;
                sum += weight * losses.get(row, i);
                total += weight;
            }
        }
        return sum / total;
    }
}
