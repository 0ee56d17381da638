package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.reference.ReferenceBackend;

/** Training and tasks as scripts use them. */
class TrainModuleTest {

    private static final String IMPORTS =
            """
                    import { train, tasks, tensor, head, load } from "lens";
                    const config = { nLayers: 1, nHeads: 2, dModel: 16 };
                    const same = (a, b) => a.sub(b).abs().max() === 0;
                    const from = at => Array.from({ length: 6 }, (_, i) => (at + i) % 9);
                    const counting = (rng, batch) => Array.from({ length: batch }, () => from(rng.integer(9)));
                    const message = wrong => { try { wrong(); } catch (e) { return `${e.name}: ${e.message}`; } };
                    """;

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void aModelLearnsWhatAFunctionGives() {
        prints(
                "(() => { globalThis.trained = train({ config: { ...config, dVocab: 9 }, data: counting, steps: 120, "
                        + "batch: 16, lr: 0.02, seed: 3 }); return trained.losses.axes; })()",
                "[\"step\"]", "trained.losses.shape, trained.losses.get(119) < 0.1", "[120] true",
                "trained.generate([2, 3], { max: 4 }).tokens.toArray()", "[[2, 3, 4, 5, 6, 7]]",
                "trained.config.dMlp, trained.config.nCtx", "64 512",
                "trained.run([1, 2, 3], { cache: [head('0.1').pattern] }).cache.names",
                "[\"blocks.0.attn.hook_pattern\"]",
                "load().losses", "RangeError: this model has no losses: train(…) did not make it",
                "same(trained.losses, train({ config: { ...config, dVocab: 9 }, data: counting, steps: 120, batch: "
                        + "16, lr: 0.02, seed: 3 }).losses)",
                "true",
                "(() => { const more = train({ model: trained, data: counting, steps: 1, lr: 1e-9 }); return "
                        + "more.losses.get(0) < 0.1; })()",
                "true");
    }

    @Test void tasksHaveTheirOwnTokensAndRowsHeldOut() {
        prints(
                "tasks.reversal({ letters: 5, length: 3 }).vocabulary",
                "[\"<unk>\", \"<s>\", \"a\", \"b\", \"c\", \"d\", \"e\", \"|\"]",
                "tasks.modularArithmetic({ modulus: 5 })", "task modular + 5: rows of 4 tokens, vocabulary of 8",
                "tasks.modularArithmetic({ modulus: 5 }).at, tasks.dyck().at", "[2] undefined",
                "tasks.modularArithmetic({ modulus: 5 }).id('=')", "7",
                "tasks.recall().rows(7).shape, tasks.recall().rows(3, { split: 'heldOut' }).shape", "[7, 16] [3, 16]",
                "tasks.group('S3', { share: 0.5, seed: 1 }).rows(100).batch", "18",
                "message(() => tasks.sorting({ leters: 4 }))",
                "TypeError: sorting: no option \"leters\"; nearest: letters",
                "message(() => tasks.dyck({ kinds: 9 }))", "RangeError: dyck: kinds must be 1 to 4, not 9",
                "message(() => tasks.dyck().id('x'))", "RangeError: dyck has no word \"x\"; its vocabulary is ( ) [ ]");
    }

    @Test void aModelOfATaskReadsItsText() {
        prints(
                "(() => { globalThis.task = tasks.copying({ letters: 4, length: 4 }); globalThis.copier = train({ "
                        + "config: { ...config, nLayers: 2, dModel: 32, nHeads: 4 }, data: task, steps: 200, batch: "
                        + "64, lr: 5e-3, clip: 1, schedule: 'cosine', warmup: 5, seed: 1 }); return "
                        + "task.accuracy(copier) > 0.95; })()",
                "true",
                "task.loss(copier) < 0.3, task.accuracy(copier, { split: 'train', rows: 20 }) > 0.9", "true true",
                "copier.tokens('a b c d |').toArray(), copier.text(copier.tokens('a b c d |'))",
                "[[1, 2, 3, 4, 5, 6]] [\"a b c d |\"]",
                "copier.generate('d a b c |', { max: 4 }).text", "d a b c | d a b c");
    }

    @Test void theTrainingIsWatchedAndEnded() {
        prints(
                "(() => { const seen = []; const model = train({ config: { ...config, dVocab: 9 }, data: counting, "
                        + "steps: 100, batch: 4, every: { steps: 4, run: (m, at) => { seen.push(at.step, m.run([1, "
                        + "2]).logits.shape[2]); return at.step === 8; } } }); return [seen, model.losses.shape]; })()",
                "[[4, 9, 8, 9], [8]]",
                "message(() => train({ config: { ...config, dVocab: 9 }, data: counting, steps: 9, every: { run: (m, "
                        + "at) => at.los } }))",
                "TypeError: no TrainingStep property \"los\"; nearest: loss");
    }

    @Test void weightsStartAsTheirKindIsSaidTo() {
        prints(
                "(() => { let start; train({ config: { ...config, dVocab: 9 }, data: counting, steps: 1, lr: 1e-9, "
                        + "init: { W_E: 2, others: 0.001 }, every: { run: model => { start = model; } } }); return "
                        + "[start.weights.W_E.max() > 2, start.weights.W_Q(0, 0).max() < 0.01]; })()",
                "[true, true]");
    }

    @Test void whatCountsIsChosen() {
        prints(
                "(() => { const rows = [[1, 2, 3], [4, 5, 6]], weights = [[0, 1, 0], [0, 1, 0]]; const a = train({ "
                        + "config: { ...config, dVocab: 9 }, data: () => ({ tokens: rows, weights }), steps: 3, "
                        + "batch: 2 }), b = train({ config: { ...config, dVocab: 9 }, data: rows, loss: 1, steps: 3, "
                        + "batch: 2 }); return a.losses.sub(b.losses).abs().max() < 1e-5; })()",
                "true",
                "train({ config: { ...config, dVocab: 9 }, data: tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], ['n']), length: "
                        + "4, steps: 2, batch: 3 }).losses.shape",
                "[2]");
    }

    @Test void theTextOfTheBundledModelIsWrittenAndLearnt() {
        prints(
                "(() => { globalThis.corpus = tasks.corpus({ shares: { stories: 0, repeats: 0 }, tokens: 200 }); "
                        + "return [corpus.vocabulary.length, corpus.kinds.length]; })()",
                "[1792, 9]",
                "(() => { const [one] = corpus.documents(1, { kind: 'recall', split: 'heldOut', seed: 3 }); return "
                        + "[one.kind, one.text.startsWith(one.prompt + one.answer), one.ids[0], "
                        + "load().text(one.ids.slice(1)) === one.text]; })()",
                "[\"recall\", true, 1, true]",
                "new Set(corpus.documents(200, { seed: 1 }).map(one => one.kind)).has('stories'), corpus.documents(1, "
                        + "{ kind: 'repeats' })[0].free > 4",
                "false true",
                "(() => { globalThis.reader = train({ config: { ...config, tied: true }, data: corpus, steps: 12, lr: "
                        + "0.01, seed: 1 }); return [reader.config.dVocab, reader.losses.get(11) < "
                        + "reader.losses.get(0)]; })()",
                "[1792, true]", "reader.tokens('Mary').toArray().length, reader.pieces(reader.tokens('Mary and John'))",
                "1 [[\"<s>\", \"▁Mary\", \"▁and\", \"▁John\"]]",
                "(() => { const bare = train({ config: { ...config, dVocab: 1792 }, data: counting, steps: 1 }); "
                        + "return train({ model: bare, data: corpus, steps: 1 }).pieces(load().tokens('Mary')); })()",
                "[[\"<s>\", \"▁Mary\"]]", "message(() => tasks.corpus({ shares: { story: 1 } }))",
                "RangeError: no kind of text \"story\"; nearest: stories",
                "message(() => corpus.documents(2, { kind: 'poems' })).startsWith('RangeError: no kind of text "
                        + "\"poems\"')",
                "true");
    }

    @Test void thatTrainingRunsOnTheCpuIsSaidWhereTheModelRunsElsewhere() {
        assertEquals(Optional.empty(), TrainExports.elsewhere(Backends.cpu()));
        assertEquals(Optional.of("training runs on the CPU; the model that it gives runs on reference"),
                TrainExports.elsewhere(new ReferenceBackend()));
    }

    @Test void mistakesAreNamed() {
        prints(
                "message(() => train({ data: counting }))",
                "TypeError: train needs either a config, for a new model, or a model to continue from",
                "message(() => train({ config }))",
                "TypeError: train needs data: a task, the corpus, a function (rng, batch) => tokens, Tokens, or a "
                        + "tensor of ids",
                "message(() => train({ config, data: counting }))", "TypeError: train's config needs dVocab",
                "message(() => train({ config, data: tasks.dyck(), step: 3 }))",
                "TypeError: train: no option \"step\"; nearest: steps",
                "message(() => train({ config: { ...config, heads: 2 }, data: tasks.dyck() }))",
                "TypeError: train's config: no option \"heads\"; nearest: nHeads, dHead",
                "message(() => train({ config: { ...config, dVocab: 9, tied: true }, data: counting, init: { W_U: 0.1 "
                        + "} }))",
                "RangeError: init: no matrix \"W_U\"; nearest: W_up, W_E, W_K",
                "message(() => train({ config: { ...config, dVocab: 9 }, data: counting, init: { W_q: 1 } }))",
                "TypeError: train's init: no option \"W_q\"; nearest: W_Q",
                "message(() => train({ config: { ...config, dVocab: 9 }, data: counting, init: { W_Q: '1' } }))",
                "TypeError: train's init.W_Q is a number, not \"1\"",
                "message(() => train({ config: { ...config, dVocab: 9 }, data: counting, init: [1] }))",
                "TypeError: train's init is a number, or an object { W_Q: 0.1, others: 0.02 }, not an array of 1",
                "message(() => train({ config: { ...config, dVocab: 3 }, data: counting, steps: 2 "
                        + "})).replace(/\\d+/g, 'N')",
                "RangeError: step N: the data has token N, and the model's ids run from N to N",
                "message(() => train({ config: { ...config, dVocab: 9 }, data: counting, lr: 1e12, steps: 40 "
                        + "})).replace(/step \\d+: .*/, 'step N')",
                "RangeError: the training diverged at step N",
                "message(() => train({ config: { ...config, dVocab: 9 }, data: () => 'abc', steps: 1 }))",
                "TypeError: train's data gives text, and a new model has no tokenizer: give token ids, or a task");
    }
}
