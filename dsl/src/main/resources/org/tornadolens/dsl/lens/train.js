// Training: models from nothing, or from other models.
import { java, kindOf, oneOf, options } from "./host.js";
import { boolean, facts, integer, integers, number, object, strict, string } from "./strict.js";
import { Tensor, javaOf } from "./tensor.js";
import { Tokens, javaTokens, tokensOf } from "./tokens.js";
import { javaModel, modelOf, trained } from "./model.js";
import { javaCorpus, javaTask } from "./tasks.js";
import { seed as runSeed } from "./run.js";

const training = java("train");

/** Trains a model and gives it. */
export function train(given) {
  const all = options(given, ["config", "model", "data", "steps", "batch", "accumulate", "lr", "warmup", "schedule", "least", "weightDecay", "betas", "eps", "clip",
    "init", "seed", "loss", "length", "every", "checkpoint"], "train");
  const { config, model, data, steps = 1000, batch = 32, accumulate = 1, lr = 1e-3, warmup = 0, schedule = "constant", least = 0, weightDecay = 0.01,
    betas = [0.9, 0.999], eps = 1e-8, clip = 0, init = 0.02, seed = runSeed, every, checkpoint } = all;
  if ((config === undefined) === (model === undefined)) throw new TypeError("train needs either a config, for a new model, or a model to go on from");
  if (data === undefined) throw new TypeError("train needs data: a task, the corpus, a function (rng, batch) => tokens, Tokens, or a tensor of ids");
  const known = javaTask(data) ?? javaCorpus(data);
  const start = model === undefined ? null : javaModel(model, "train's model");
  const shape = start === null ? shapeOf(config, known, data) : training.shape(start);
  if (!Array.isArray(betas) || betas.length !== 2) throw new TypeError(`train's betas is an array of two numbers, not ${kindOf(betas)}`);
  const evaluated = every === undefined ? null : everySo(every, integer(steps, "train's steps", { from: 1 }));
  const kept = checkpoint === undefined ? [null, 0] : checkpointing(checkpoint);
  const settings = training.options(integer(steps, "train's steps", { from: 1 }), integer(batch, "train's batch", { from: 1 }), integer(accumulate, "train's accumulate", { from: 1 }),
    [[number(lr, "train's lr"), integer(warmup, "train's warmup", { from: 0 }), number(least, "train's least")], oneOf(schedule, ["constant", "linear", "cosine"], "train's schedule")],
    [...betas.map(beta => number(beta, "a number in train's betas")), number(eps, "train's eps"), number(weightDecay, "train's weightDecay")],
    number(clip, "train's clip"), positions(all.loss, data), ...deviations(init), number(seed, "train's seed"), evaluated === null ? 0 : evaluated.steps, ...kept);
  const [result, losses] = training.train(shape, start, dataOf(data, known, all, start), settings, evaluated === null ? null : evaluated.run);
  return trained(result, new Tensor(losses));
}

function shapeOf(config, known, data) {
  const c = options(config, ["nLayers", "nHeads", "nKvHeads", "dModel", "dHead", "dMlp", "dVocab", "nCtx", "ropeTheta", "normEps", "tied"], "config");
  const size = (name, value) => {
    const used = c[name] ?? value;
    if (used === undefined) throw new TypeError(`train's config needs ${name}`);
    return integer(used, `train's config.${name}`, { from: 1 });
  };
  const dModel = size("dModel"), nHeads = size("nHeads");
  if (c.dHead === undefined && dModel % nHeads !== 0) throw new RangeError(`train's config: dModel ${dModel} is not a multiple of nHeads ${nHeads}; give dHead too`);
  return training.configuration(size("nLayers"), nHeads, size("nKvHeads", nHeads), dModel, size("dHead", Math.floor(dModel / nHeads)), size("dMlp", 4 * dModel),
    size("dVocab", known === null ? undefined : data.vocabulary.length), size("nCtx", javaTask(data) === null ? 512 : data.length),
    number(c.ropeTheta ?? 10_000, "train's config.ropeTheta"), number(c.normEps ?? 1e-5, "train's config.normEps"), boolean(c.tied ?? false, "train's config.tied"), known);
}

/** The positions whose next token is learnt: those of a task, or "all", or some; null for all. */
function positions(loss, data) {
  if (loss === "all") return null;
  if (loss !== undefined) return integers(loss, `train's loss, which is "all" or positions,`);
  return javaTask(data) === null ? null : data.at ?? null;
}

/** The deviation of random weights, and those of matrices that have their own. */
function deviations(init) {
  if (typeof init === "number") return [init, {}];
  object(init, "train's init is a number, or an object { W_Q: 0.1, others: 0.02 }");
  const { others = 0.02, ...named } = options(init, ["W_E", "W_Q", "W_K", "W_V", "W_O", "W_gate", "W_up", "W_down", "W_U", "others"], "init");
  for (const name of Object.keys(named)) number(named[name], `train's init.${name}`);
  return [number(others, "train's init.others"), named];
}

// ---- data

function dataOf(data, known, { length }, model) {
  if (known !== null) return known;
  if (typeof data === "function") return training.generated((draws, rows) => batchOf(data(new Random(draws), rows), model));
  if (data instanceof Tensor) {
    if (length === undefined && data.shape.length === 1) throw new TypeError("train needs a length: how many tokens of the stream a row has");
    return training.file(javaOf(data), integer(length ?? 2, "train's length", { from: 2 }));
  }
  return training.rows(javaTokens(tokensOf(data, model, true, "train's data")));
}

/** What a generator gave: tokens, or tokens and how much each guess counts. */
function batchOf(given, model) {
  const weighted = typeof given === "object" && given !== null && !(given instanceof Tokens) && !Array.isArray(given);
  const { tokens, weights } = weighted ? options(given, ["tokens", "weights"], "batch") : { tokens: given };
  if (model === null && (typeof tokens === "string" || typeof tokens?.[0] === "string")) throw new TypeError("train's data gives text, and a new model has no tokenizer: give token ids, or a task");
  return training.batch(javaTokens(tokensOf(tokens, model, true, "train's data")), weights ?? null);
}

/** Seeded choices, for generators of data. */
class Random {
  #draws;

  constructor(draws) { this.#draws = draws; }

  /** In [0, 1) */
  next() { return this.#draws.next(); }

  /** A whole number from 0 up to but without n */
  integer(n) { return Math.floor(this.next() * integer(n, "rng.integer's argument", { from: 1 })); }

  /** One of them */
  pick(items) { return items[this.integer(items.length)]; }

  /** All of them, in random order */
  shuffle(items) {
    const all = [...items];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [all[i], all[j]] = [all[j], all[i]];
    }
    return all;
  }
}
strict(Random);

// ---- on the way

class TrainingStep {}
strict(TrainingStep);

function everySo(given, total) {
  const { steps = Math.ceil(total / 10), run } = options(given, ["steps", "run"], "every");
  if (typeof run !== "function") throw new TypeError(`train's every.run is a function (model, { step, loss, lr, gradientNorm }) => …, not ${kindOf(run)}`);
  return {
    steps: integer(steps, "train's every.steps", { from: 1 }),
    run: (model, step, loss, lr, gradientNorm) => run(modelOf(model), facts(TrainingStep, { step, loss, lr, gradientNorm })) === true,
  };
}

function checkpointing(given) {
  const { steps = 500, name = "model" } = options(given, ["steps", "name"], "checkpoint");
  return [string(name, "train's checkpoint.name"), integer(steps, "train's checkpoint.steps", { from: 1 })];
}
