package org.tornadolens.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.checkpoint.HuggingFaceWriter;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.TokenizerSource;
import org.tornadolens.training.corpus.Documents;

class TrainerTest {

    private static final TokenizerSource NONE = new TokenizerSource.None("a test has none");
    private static final Configuration SMALL = configuration(false);

    private static Configuration configuration(boolean tied) {
        return Configuration.llama(new Configuration.Blocks(2, 16, 24, 1e-5), new Configuration.Heads(2, 1, 8),
                Configuration.Context.of(12, 10_000), Configuration.Vocabulary.of(11, tied));
    }

    /** Returns rows of consecutive ids from a random one on. */
    private static Batch counting(SplittableRandom random, int rows) {
        List<int[]> all = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int[] ids = new int[7];
            ids[0] = random.nextInt(11);
            for (int i = 1; i < ids.length; i++) ids[i] = (ids[i - 1] + 1) % 11;
            all.add(ids);
        }
        return new Batch(Tokens.of(all));
    }

    private static Trainer.Result train(Configuration configuration, Data data, TrainingOptions options) {
        return new Trainer(configuration, NONE, data, options).run(new Trainer.Listener() {});
    }

    private static void assertSame(Weights a, Weights b) {
        for (String name : a.names()) assertEquals(-1, a.get(name).data().mismatch(b.get(name).data()), name);
    }

    @Test void kindsOfWeightsStartWithTheirOwnDeviation() {
        Configuration wide =
                Configuration.llama(new Configuration.Blocks(2, 64, 96, 1e-5), new Configuration.Heads(4, 4, 16),
                        Configuration.Context.of(12, 10_000), Configuration.Vocabulary.of(211, false));
        RandomWeights init = new RandomWeights(0.1, new TreeMap<>(Map.of("W_E", 0.5, "W_down", 0.3)));
        Weights start = new Trainer(wide, NONE, TrainerTest::counting, TrainingOptions.of(1, 1, 0.01, 1).init(init))
                .snapshot().weights();
        Map<String, Double> expected = Map.of("embed.W_E", 0.5, "blocks.1.attn.W_Q", 0.1, "blocks.1.attn.W_O", 0.05,
                "blocks.1.mlp.W_up", 0.1, "blocks.1.mlp.W_down", 0.3, "unembed.W_U", 0.1);
        expected.forEach((name, deviation) -> {
            Weight weight = start.get(name);
            float[] row = new float[weight.columns()];
            double squares = 0;
            for (int r = 0; r < weight.rows(); r++) {
                weight.row(r, row);
                for (float number : row) squares += number * number;
            }
            assertEquals(deviation, Math.sqrt(squares / weight.rows() / weight.columns()), 0.05 * deviation, name);
        });
        RandomWeights unknown = new RandomWeights(0.1, new TreeMap<>(Map.of("W_Down", 0.1)));
        UsageException refused = assertThrows(UsageException.class,
                () -> new Trainer(wide, NONE, TrainerTest::counting, TrainingOptions.of(1, 1, 0.01, 1).init(unknown)));
        assertTrue(refused.getMessage().startsWith("init: no matrix \"W_Down\"; nearest: W_down"),
                refused.getMessage());
    }

    /** So do the files in which it is saved: BOS and EOS are also in the configuration. */
    @Test void aModelThatLearntFromIdsGetsTheTokenizerOfTheTextItLearnsFromNext(@TempDir Path folder)
            throws IOException {
        Documents text =
                new Documents(new TokenizerSource.SentencePieceModel(Path.of("../models/bundled/tokenizer.model")),
                        Map.of(), new Documents.Weighting(1, 1), 100);
        Configuration c = Configuration.llama(new Configuration.Blocks(1, 16, 24, 1e-5),
                new Configuration.Heads(2, 2, 8),
                Configuration.Context.of(512, 10_000), Configuration.Vocabulary.of(text.vocabulary().size(), true));
        Model ids = train(c, TrainerTest::counting, TrainingOptions.of(1, 2, 0.01, 1)).model();
        assertThrows(UsageException.class, ids::tokenizer);
        Model read = new Trainer(ids, text, TrainingOptions.of(1, 2, 0.01, 1)).run(new Trainer.Listener() {}).model();
        assertEquals("▁Mary", read.tokenizer().piece(read.tokenizer().encode("Mary")[0]));
        HuggingFaceWriter.write(read.checkpoint(), folder);
        String saved = Files.readString(folder.resolve("config.json"));
        assertTrue(saved.contains("\"bos_token_id\": 1") && saved.contains("\"eos_token_id\": 2"), saved);
    }

    @Test void aModelLearnsToCount() {
        for (boolean tied : new boolean[]{false, true}) {
            Trainer.Result trained =
                    train(configuration(tied), TrainerTest::counting, TrainingOptions.of(120, 16, 0.01, 1).clip(1));
            assertEquals(Math.log(11), trained.losses().getFirst(), 0.1);
            assertTrue(trained.losses().getLast() < 0.05, "loss " + trained.losses().getLast());
            Tensor loss = trained.model().run(Tokens.of(3, 4, 5, 6, 7), RunOptions.DEFAULT.withLoss()).loss();
            assertTrue(loss.max() < 0.2, loss.toString());
        }
    }

    /** Long enough that kernels are first interpreted and later compiled. */
    @Test void oneSeedGivesTheSameBytesAndAnotherDoesNot() {
        TrainingOptions options = TrainingOptions.of(150, 4, 0.01, 7);
        Weights once = train(SMALL, TrainerTest::counting, options).model().weights(),
                again = train(SMALL, TrainerTest::counting, options).model().weights();
        assertSame(once, again);
        Weights other = train(SMALL, TrainerTest::counting, TrainingOptions.of(5, 4, 0.01, 8)).model().weights();
        assertNotEquals(-1, once.get("embed.W_E").data().mismatch(other.get("embed.W_E").data()));
    }

    /** A training that is stopped by an error in its data, and resumed; its folder does not exist at first. */
    @Test void aTrainingThatWasStoppedGoesOnWithTheSameBytes(@TempDir Path folder) {
        TrainingOptions options =
                TrainingOptions.of(10, 4, 0.01, 7).with(new Schedule(0.01, 3, Schedule.Shape.COSINE, 0.1));
        Trainer.Result whole = train(SMALL, TrainerTest::counting, options);
        Path file = folder.resolve("new/training.safetensors");
        TrainingOptions checkpointed = checkpointed(options, file, true, "script 1");
        int[] drawn = {0};
        assertThrows(IllegalStateException.class, () -> train(SMALL, (random, rows) -> {
            if (drawn[0]++ == 7) throw new IllegalStateException("stopped");
            return counting(random, rows);
        }, checkpointed));
        assertEquals(List.of(7, 8, 9, 10), steps(SMALL, TrainerTest::counting, checkpointed));
        Trainer.Result resumed = train(SMALL, TrainerTest::counting, checkpointed);
        assertSame(whole.model().weights(), resumed.model().weights());
        assertEquals(whole.losses(), resumed.losses());
    }

    private static TrainingOptions checkpointed(TrainingOptions options, Path file, boolean resume, String basis) {
        return options.checkpoint(new TrainingOptions.Checkpointing(file, 2, resume, List.of(basis)));
    }

    /** Returns the steps that a training takes. */
    private static List<Integer> steps(Configuration configuration, Data data, TrainingOptions options) {
        List<Integer> steps = new ArrayList<>();
        new Trainer(configuration, NONE, data, options).run(new Trainer.Listener() {
            @Override public void stepped(Trainer.Step step) { steps.add(step.step()); }
        });
        return steps;
    }

    @Test void aTrainingThatIsNotToResumeBeginsAgain(@TempDir Path folder) {
        TrainingOptions options = TrainingOptions.of(4, 4, 0.01, 7);
        Path file = folder.resolve("training.safetensors");
        train(SMALL, TrainerTest::counting, checkpointed(options, file, false, "script 1"));
        TrainingOptions again = checkpointed(options, file, false, "script 2");
        assertEquals(List.of(1, 2, 3, 4), steps(SMALL, TrainerTest::counting, again));
    }

    @Test void aTrainingOfSomethingElseIsNotResumed(@TempDir Path folder) {
        TrainingOptions options = TrainingOptions.of(4, 4, 0.01, 7);
        Path file = folder.resolve("training.safetensors");
        train(SMALL, TrainerTest::counting, checkpointed(options, file, false, "script 1"));
        TrainingOptions same = checkpointed(options, file, true, "script 1");
        assertEquals(List.of(), steps(SMALL, TrainerTest::counting, same));

        assertRefused("the options", () -> steps(SMALL, TrainerTest::counting, same.with(Schedule.constant(0.1))));
        assertRefused("the script",
                () -> steps(SMALL, TrainerTest::counting, checkpointed(options, file, true, "script 2")));
        assertRefused("the configuration", () -> steps(configuration(true), TrainerTest::counting, same));
        Data backwards = (random, rows) -> new Batch(Tokens.of(List.of(new int[]{4, 3, 2, 1})));
        assertRefused("the data", () -> steps(SMALL, backwards, same));
        int[] drawn = {0};     // the first step's data are the same, later ones are not
        Data drifting = (random, rows) -> drawn[0]++ == 0 ? counting(random, rows) : backwards.next(random, rows);
        assertRefused("the data", () -> steps(SMALL, drifting, same));
        Model start = train(SMALL, TrainerTest::counting, TrainingOptions.of(1, 4, 0.01, 8)).model();
        assertRefused("the start",
                () -> new Trainer(start, TrainerTest::counting, same).run(new Trainer.Listener() {}));
    }

    private static void assertRefused(String what, Executable resumed) {
        String message = assertThrows(UsageException.class, resumed).getMessage();
        assertEquals("cannot resume the training: " + what
                + " has changed since it was stopped; start it again, without --resume", message);
    }

    /** A damaged file is refused, unless the damage is in something that has no effect, such as the name of an axis. */
    @Test void aDamagedCheckpointNeverGivesOtherNumbers(@TempDir Path folder) throws IOException {
        TrainingOptions options = TrainingOptions.of(4, 4, 0.01, 7);
        Path file = folder.resolve("training.safetensors");
        TrainingOptions checkpointed = checkpointed(options, file, true, "script 1");
        Weights right = train(SMALL, TrainerTest::counting, checkpointed).model().weights();
        byte[] whole = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(1);
        int refused = 0;
        for (int i = 0; i < 60; i++) {
            byte[] damaged = whole.clone();
            damaged[i < 20 ? 8 + random.nextInt(1500) : random.nextInt(whole.length)] ^=
                    (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            try {
                assertSame(right, train(SMALL, TrainerTest::counting, checkpointed).model().weights());
            } catch (CheckpointException e) {
                refused++;
            }
        }
        assertTrue(refused >= 45, refused + " of 60 refused");
        Files.write(file, Arrays.copyOf(whole, whole.length - 4));
        assertThrows(CheckpointException.class, () -> train(SMALL, TrainerTest::counting, checkpointed));
    }

    @Test void smallBatchesAddedUpAreOneLargeBatch() {
        Data halves = (random, rows) -> new Batch(
                Tokens.of(List.of(new int[]{1, 2, 3, 4}, new int[]{9, 8, 7, 6})).rows(rows - 1, rows));
        Batch both = new Batch(Tokens.of(List.of(new int[]{1, 2, 3, 4}, new int[]{1, 2, 3, 4})));
        Trainer.Result added = train(SMALL, halves, TrainingOptions.of(1, 1, 0.01, 3).accumulate(2));
        Trainer.Result whole = train(SMALL, (_, _) -> both, TrainingOptions.of(1, 2, 0.01, 3));
        assertEquals(whole.losses().getFirst(), added.losses().getFirst(), 1e-6);
        for (String name : added.model().weights().names()) {
            for (int c = 0; c < added.model().weights().get(name).columns(); c++)
                assertEquals(whole.model().weights().get(name).get(0, c), added.model().weights().get(name).get(0, c),
                        1e-4, name);
        }
    }

    /**
     * The last token of a row is only a target: whether its position is computed, as positions from the end require,
     * has no effect.
     */
    @Test void theLastTokenNeedNotBeComputed() {
        Tokens padded = Tokens.of(List.of(new int[]{1, 2, 3, 4, 5}, new int[]{9, 8, 7}));
        for (Tokens tokens : List.of(padded, Tokens.of(List.of(new int[]{1, 2, 3, 4, 5}, new int[]{9, 8, 7, 2, 1})))) {
            Trainer.Result all = train(SMALL, (_, _) -> new Batch(tokens), TrainingOptions.of(3, 2, 0.01, 3));
            List<Trainer.Result> others = new ArrayList<>();
            if (tokens == padded) {
                float[] weights = {1, 1, 1, 1, 0, 0, 0, 1, 1, 0};
                others.add(train(SMALL, (_, _) -> new Batch(tokens, Optional.of(weights)),
                        TrainingOptions.of(3, 2, 0.01, 3)));
            } else {
                others.add(train(SMALL, (_, _) -> new Batch(tokens), TrainingOptions.of(3, 2, 0.01, 3).at(0, 1, 2, 3)));
                others.add(train(SMALL, (_, _) -> new Batch(tokens),
                        TrainingOptions.of(3, 2, 0.01, 3).at(-5, -4, -3, -2, -1)));
            }
            for (Trainer.Result other : others)
                for (int step = 0; step < 3; step++)
                    assertEquals(all.losses().get(step), other.losses().get(step), 1e-5);
        }
    }

    /** Three equivalent ways to train on the last prediction only: weights, positions, and padding of all others. */
    @Test void theLossIsTheMeanOverWhatCounts() {
        Tokens tokens = Tokens.of(List.of(new int[]{1, 2, 3, 4}, new int[]{9, 8, 7, 2}));
        float[] weights = {0, 0, 1, 5, 0, 0, 1, 5};
        Trainer.Result weighted =
                train(SMALL, (_, _) -> new Batch(tokens, Optional.of(weights)), TrainingOptions.of(2, 2, 0.01, 3));
        Trainer.Result placed = train(SMALL, (_, _) -> new Batch(tokens), TrainingOptions.of(2, 2, 0.01, 3).at(-2));
        Model start =
                new Trainer(SMALL, NONE, (_, _) -> new Batch(tokens), TrainingOptions.of(1, 2, 0.01, 3)).snapshot();
        Tensor loss = start.run(tokens, RunOptions.DEFAULT.withLoss()).loss();
        assertEquals((loss.get(0, 2) + loss.get(1, 2)) / 2, weighted.losses().getFirst(), 1e-6);
        assertEquals(weighted.losses().getLast(), placed.losses().getLast(), 1e-5);
        Tokens padded = new Tokens(new int[]{0, 0, 3, 4, 9, 8, 7, 2}, new int[]{2, 0});
        Tensor paddedLoss = start.run(padded, RunOptions.DEFAULT.withLoss()).loss();
        assertEquals((paddedLoss.get(0, 2) + paddedLoss.get(1, 0) + paddedLoss.get(1, 1) + paddedLoss.get(1, 2)) / 4,
                train(SMALL, (_, _) -> new Batch(padded), TrainingOptions.of(1, 2, 0.01, 3)).losses().getFirst(), 1e-6);
    }

    @Test void aTrainingThatDivergesSaysAtWhichStepAndInWhichTensor() {
        String message = assertThrows(UsageException.class,
                () -> train(SMALL, TrainerTest::counting, TrainingOptions.of(50, 4, 1e12, 1))).getMessage();
        assertTrue(message.matches(
                "the training diverged at step \\d+: the gradient of [\\w.]+ is not finite, the loss is .*; "
                        + "lower the learning rate.*"),
                message);
    }

    @Test void whatTheModelCannotLearnFromIsRefused() {
        assertMessage("step 1: the data has token 11, and the model's ids run from 0 to 10",
                (_, _) -> new Batch(Tokens.of(1, 11)));
        assertMessage("step 1: rows of 13 tokens are longer than the model's nCtx of 12",
                (_, _) -> new Batch(Tokens.of(new int[13])));
        assertMessage("step 1: no token of this batch counts towards the loss",
                (_, _) -> new Batch(Tokens.of(1, 2), Optional.of(new float[2])));
        assertMessage("training needs rows of at least two tokens: the first predicts the second",
                (_, _) -> new Batch(Tokens.of(1)));
    }

    private static void assertMessage(String message, Data data) {
        assertEquals(message,
                assertThrows(UsageException.class, () -> train(SMALL, data, TrainingOptions.of(1, 1, 0.01, 1)))
                        .getMessage());
    }

    @Test void evaluationsSeeTheModelOfTheirStepAndCanEndTheTraining() {
        List<Model> seen = new ArrayList<>();
        Trainer.Result result =
                new Trainer(SMALL, NONE, TrainerTest::counting, TrainingOptions.of(20, 4, 0.01, 1).every(3))
                        .run(new Trainer.Listener() {
                            @Override public boolean evaluated(Trainer.Step step, Model model) {
                                seen.add(model);
                                return step.step() == 6;
                            }
                        });
        assertEquals(6, result.losses().size());
        assertEquals(2, seen.size());
        assertNotEquals(-1, seen.getFirst().weights().get("embed.W_E").data()
                .mismatch(seen.getLast().weights().get("embed.W_E").data()));
        assertSame(seen.getLast().weights(), result.model().weights());
    }

    @Test void schedulesRiseAndFall() {
        Schedule cosine = new Schedule(2, 4, Schedule.Shape.COSINE, 0.1),
                linear = new Schedule(2, 0, Schedule.Shape.LINEAR, 0);
        assertEquals(0.5, cosine.rate(0, 14));
        assertEquals(2, cosine.rate(3, 14));
        assertEquals(2, cosine.rate(4, 14));
        assertEquals(0.2, cosine.rate(13, 14), 1e-12);
        assertEquals(1, linear.rate(5, 11), 1e-12);
        assertEquals(2, Schedule.constant(2).rate(1000, 11));
    }
}
