// Training: new models from random weights, or further steps of a model there is.
import { java, kindOf } from "./host.js";
import { integer, isList, number, object } from "./checks.js";
import { rangeError, typeError } from "./mistakes.js";
import { javaModel, modelOf, trained } from "./model.js";
import { optional, options, required } from "./options.js";
import { seed as runSeed } from "./script.js";
import { facts, strict } from "./strict.js";
import { javaCorpus, javaTask } from "./tasks.js";
import { Tensor, javaOf } from "./tensor.js";
import { Tokens, javaTokens, tokensOf } from "./tokens.js";
import * as is from "./types.js";

const training = java("train");

// ---- options

const matrices = ["W_E", "W_Q", "W_K", "W_V", "W_O", "W_gate", "W_up", "W_down", "W_U"];

const initOptions = options("InitOptions", {
  ...Object.fromEntries(matrices.map(name => [name, optional(is.number)])),
  others: optional(is.number, 0.02),
});

/** Deviations of random weights: of all matrices, and of those that have their own. */
const init = is.declared("number | InitOptions", (given, what) => {
  if (typeof given === "number") return { deviation: given, deviations: {} };
  object(given, `${what} is a number, or an object { W_Q: 0.1, others: 0.02 }`);
  const { others, ...named } = initOptions(given, what);
  const own = Object.entries(named).filter(([, deviation]) => deviation !== undefined);
  return { deviation: others, deviations: Object.fromEntries(own) };
});

const size = is.integerFrom(1);

const configOptions = options("ConfigOptions", {
  nLayers: required(size),
  nHeads: required(size),
  dModel: required(size),
  nKvHeads: optional(size),
  dHead: optional(size),
  dMlp: optional(size),
  dVocab: optional(size),
  nCtx: optional(size),
  ropeTheta: optional(is.number, 10_000),
  normEps: optional(is.number, 1e-5),
  tied: optional(is.boolean, false),
});

const everyOptions = options("EveryOptions", {
  steps: optional(is.integerFrom(1)),
  run: required(is.declared("(model: Model, at: TrainingStep) => boolean | void", (run, what) => {
    if (typeof run === "function") return run;
    throw typeError(`${what} is a function (model, { step, loss, lr, gradientNorm }) => …, not ${kindOf(run)}`);
  }), "a function to run, (model, { step, loss, lr, gradientNorm }) => …"),
});

const checkpointOptions = options("CheckpointOptions",
  { steps: optional(is.integerFrom(1), 500), name: optional(is.string, "model") });

/** Options that are options of their own, checked by another table. */
const nested = (type, read) => is.declared(type, (given, what) => read(given, what));

const betas = is.declared("[number, number]", (given, what) => {
  if (Array.isArray(given) && given.length === 2) return given.map(beta => number(beta, `a number in ${what}`));
  throw typeError(`${what} is an array of two numbers, not ${kindOf(given)}`);
});

/** The positions whose next token is learnt; null for all. */
const positions = is.declared('"all" | number | number[]',
  (loss, what) => loss === "all" ? null : is.integers.check(loss, `${what}, which is "all" or positions,`));

const DATA = "data: a task, the corpus, a function (rng, batch) => tokens, Tokens, or a tensor of ids";

const trainOptions = options("TrainOptions", {
  config: optional(nested("ConfigOptions", configOptions)),
  model: optional(is.declared("Model")),
  data: required(is.declared(
    "Task | Corpus | ((rng: Random, batch: number) => Input | BatchOptions) | Input | Tensor"), DATA),
  length: optional(is.integerFrom(2)),
  steps: optional(is.integerFrom(1), 1000),
  batch: optional(is.integerFrom(1), 32),
  accumulate: optional(is.integerFrom(1), 1),
  lr: optional(is.number, 0.001),
  warmup: optional(is.integerFrom(0), 0),
  schedule: optional(is.oneOf("constant", "linear", "cosine"), "constant"),
  least: optional(is.number, 0),
  weightDecay: optional(is.number, 0.01),
  betas: optional(betas, [0.9, 0.999]),
  eps: optional(is.number, 1e-8),
  clip: optional(is.number, 0),
  init: optional(init, () => init.check(0.02)),
  seed: optional(is.number, () => runSeed),
  loss: optional(positions),
  every: optional(nested("EveryOptions", everyOptions)),
  checkpoint: optional(nested("CheckpointOptions", checkpointOptions)),
});

const batchOptions = options("BatchOptions", {
  tokens: required(is.declared("Input"), "tokens"),
  weights: optional(is.declared("number[][]", (weights, what) => {
    if (!Array.isArray(weights) || !weights.every(isList)) {
      throw typeError(`${what} are a row of numbers for each row of tokens, not ${kindOf(weights)}`);
    }
    for (const row of weights) for (const weight of row) number(weight, `a weight in ${what}`);
    return weights;
  })),
});

// ---- the training

/** Trains a model and returns it. */
export function train(given) {
  const all = trainOptions(given, "train");
  const { config, model, data, steps, every, checkpoint } = all;
  if ((config === undefined) === (model === undefined)) {
    throw typeError("train needs either a config, for a new model, or a model to continue from");
  }
  const known = javaTask(data) ?? javaCorpus(data);
  const start = model === undefined ? null : javaModel(model, "train's model");
  const [result, losses] = training.train({
    configuration: start === null ? configurationOf(config, known, data) : training.configurationOf(start),
    start,
    data: dataOf(data, known, all.length, start),
    steps, batch: all.batch, accumulate: all.accumulate,
    schedule: { rate: all.lr, warmup: all.warmup, shape: all.schedule, end: all.least },
    optimizer: { beta1: all.betas[0], beta2: all.betas[1], epsilon: all.eps, weightDecay: all.weightDecay },
    clip: all.clip,
    at: all.loss === undefined && javaTask(data) !== null ? data.at ?? null : all.loss,
    ...all.init,
    seed: all.seed,
    every: every === undefined ? null : everySo(every, steps),
    checkpoint,
  });
  return trained(result, new Tensor(losses));
}

function configurationOf(config, known, data) {
  const { dModel, nHeads } = config;
  if (config.dHead === undefined && dModel % nHeads !== 0) {
    throw rangeError(`train's config: dModel ${dModel} is not a multiple of nHeads ${nHeads}; give dHead too`);
  }
  if (config.dVocab === undefined && known === null) throw typeError("train's config needs dVocab");
  const {
    nKvHeads = nHeads, dHead = Math.floor(dModel / nHeads), dMlp = 4 * dModel, dVocab = data.vocabulary?.length,
    nCtx = javaTask(data) === null ? 512 : data.length,
  } = config;
  return training.configuration({ ...config, nKvHeads, dHead, dMlp, dVocab, nCtx, data: known });
}

function everySo({ run, steps: given }, total) {
  const call = (model, step, loss, lr, gradientNorm) =>
    run(modelOf(model), facts(TrainingStep, { step, loss, lr, gradientNorm })) === true;
  return { steps: given ?? Math.ceil(total / 10), call };
}

class TrainingStep {}
strict(TrainingStep);

// ---- data

function dataOf(data, known, length, model) {
  if (known !== null) return known;
  if (typeof data === "function") {
    return training.generated((draws, rows) => batchOf(data(new Random(draws), rows), model));
  }
  if (data instanceof Tensor) {
    if (length === undefined && data.shape.length === 1) {
      throw typeError("train needs a length: how many tokens of the stream a row has");
    }
    return training.file(javaOf(data), length ?? 2);
  }
  return training.rows(javaTokens(tokensOf(data, model, true, "train's data")));
}

/** What a generator gave: tokens, or tokens with the weight of each guess. */
function batchOf(given, model) {
  const weighted = typeof given === "object" && given !== null && !(given instanceof Tokens) && !Array.isArray(given);
  const { tokens, weights } = weighted ? batchOptions(given, "batch") : { tokens: given };
  if (model === null && (typeof tokens === "string" || typeof tokens?.[0] === "string")) {
    throw typeError("train's data gives text, and a new model has no tokenizer: give token ids, or a task");
  }
  return training.batch(javaTokens(tokensOf(tokens, model, true, "train's data")), weights ?? null);
}

/** Seeded choices for generators of data. */
class Random {
  #draws;

  constructor(draws) { this.#draws = draws; }

  next() { return this.#draws.next(); }

  integer(n) { return Math.floor(this.next() * integer(n, "rng.integer's argument", { from: 1 })); }

  pick(items) { return items[this.integer(items.length)]; }

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
