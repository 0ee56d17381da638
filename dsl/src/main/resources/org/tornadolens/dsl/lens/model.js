// Models, their runs and what runs keep.
import { java, kindOf, options } from "./host.js";
import { printed } from "./format.js";
import { facts, integer, integers, number, object, strict, string } from "./strict.js";
import { Tensor, javaOf } from "./tensor.js";
import { Tokens, javaTokens, tokensOf } from "./tokens.js";
import { Heads, headsIn, targets } from "./sites.js";
import { declaredOf } from "./interventions.js";
import { edited, save } from "./edits.js";
import { Run } from "./runs.js";
import { Weights } from "./weights.js";
import { ovOf, qkOf } from "./circuits.js";
import { seed as runSeed } from "./run.js";

const models = java("models");
const tokens = java("tokens");
const generation = java("generation");

/** load(), load("path"), load("path", { dtype, device }) */
export function load(path, given) {
  if (typeof path === "object" && path !== null && given === undefined) [path, given] = [undefined, path];
  const { dtype, device } = options(given, ["dtype", "device"], "load");
  return new Model(models.load(
    path === undefined ? null : string(path, "a model's path"),
    dtype === undefined ? null : string(dtype, "load's dtype"),
    device === undefined ? null : string(device, "load's device")));
}

class Configuration {}
strict(Configuration);

let javaModel;

const losses = new WeakMap();    // model → the loss of every step of its training

class Model {
  #java;
  #config;
  #hookNames;
  #weights;

  static { javaModel = (model, what) => {
    if (model instanceof Model) return model.#java;
    throw new TypeError(`${what} is a Model, as load() gives it, not ${kindOf(model)}`);
  }; }

  constructor(java) {
    if (typeof java !== "object" || java === null) throw new TypeError("new Model(…) is not for scripts; load(…) opens one");
    this.#java = java;
  }

  get config() {
    if (this.#config === undefined) {
      const { ropeFrequencies, ...rest } = models.configuration(this.#java);
      this.#config = facts(Configuration, { ...rest, ropeFrequencies: Object.freeze(Array.from(ropeFrequencies)) });
    }
    return this.#config;
  }

  get hookNames() { return this.#hookNames ??= Object.freeze(Array.from(models.hookNames(this.#java))); }

  /** The loss of every step of the training that made it: [step] */
  get losses() {
    if (!losses.has(this)) throw new RangeError("this model has no losses: train(…) did not make it");
    return losses.get(this);
  }

  get weights() { return this.#weights ??= new Weights(this.#java); }

  ov(head, given) { return ovOf(this.#java, head, given); }

  qk(head, given) { return qkOf(this.#java, head, given); }

  // ---- text and tokens

  tokens(input, given) {
    const { bos = true } = options(given, ["bos"], "tokens");
    return tokensOf(input, this.#java, flag(bos, "tokens's bos"), "tokens");
  }

  random(given) {
    const { batch = 1, length, repeat = 1, seed = runSeed, bos = true } = options(given, ["batch", "length", "repeat", "seed", "bos"], "random");
    if (length === undefined) throw new TypeError("random needs a length: how many random tokens a row has before they repeat");
    return new Tokens(tokens.random(this.#java, integer(batch, "random's batch"), integer(length, "random's length"), integer(repeat, "random's repeat"),
      number(seed, "random's seed"), flag(bos, "random's bos")));
  }

  text(given) {
    if (given instanceof Tokens) return given.toArray().map(row => tokens.text(this.#java, row));
    return tokens.text(this.#java, tokensOf(given, this.#java, false, "text").row(0));
  }

  pieces(given) {
    if (given instanceof Tokens) return given.toArray().map(row => Array.from(tokens.pieces(this.#java, row)));
    return Array.from(tokens.pieces(this.#java, tokensOf(given, this.#java, false, "pieces").row(0)));
  }

  // ---- runs

  run(input, given) {
    const { cache, hooks = [], at, from = {}, stopAt, loss = false, logits = true } =
      options(given, ["cache", "hooks", "at", "from", "stopAt", "loss", "logits"], "run");
    if (!Array.isArray(hooks)) throw new TypeError(`run's hooks is an array of interventions, not ${kindOf(hooks)}`);
    object(from, "run's from gives tensors by hook name, as in { \"blocks.3.hook_resid_pre\": tensor }");
    const run = models.run(this.#java, javaTokens(tokensOf(input, this.#java, true, "run")), this.#kept(cache), declaredOf(hooks, "run's hooks"),
      at === undefined ? null : integers(at, "a position in run's at"),
      Object.keys(from), Object.entries(from).map(([name, tensor]) => javaOf(tensor, `the value given for ${name}`)),
      stopAt === undefined ? -1 : integer(stopAt, "run's stopAt", { from: 0 }), flag(logits, "run's logits"), flag(loss, "run's loss"));
    return new Run(run, this.#java);
  }

  #kept(cache) {
    if (cache === undefined || cache === false) return [];
    if (cache === true) return true;
    if (typeof cache !== "function") return targets(cache, "run's cache");
    const names = this.hookNames.filter(name => cache(name));
    if (names.length === 0) throw new RangeError("run's cache is a predicate that holds for none of this model's hook names");
    return targets(names, "run's cache");
  }

  with(...interventions) { return new Model(models.with(this.#java, declaredOf(interventions, "with"))); }

  /** A model with changed weights; this one keeps its own. */
  edit(...edits) { return new Model(edited(this.#java, edits)); }

  /** Saves a Hugging Face folder (config.json, model.safetensors, tokenizer) among the run's results; gives its path. */
  save(folder, options) { return save(this.#java, folder, options); }

  /** The heads that a selector means in this model. */
  heads(selector) {
    if (!(selector instanceof Heads)) throw new TypeError(`heads takes heads(…), not ${kindOf(selector)}`);
    return headsIn(selector, this.#java);
  }

  generate(prompt, given) {
    const { max = 100, temperature = 0, topP = 1, topK = 0, seed = runSeed, stop = [], cache } =
      options(given, ["max", "temperature", "topP", "topK", "seed", "stop", "cache"], "generate");
    const stops = Array.isArray(stop) ? stop : [stop];
    const texts = stops.filter(one => typeof one === "string");
    const ids = stops.filter(one => typeof one !== "string").map(one => integer(one, "generate's stop", { from: 0 }));
    const generated = new Tokens(generation.generate(this.#java, javaTokens(tokensOf(prompt, this.#java, true, "generate")), integer(max, "generate's max", { from: 0 }),
      number(temperature, "generate's temperature"), number(topP, "generate's topP"), integer(topK, "generate's topK", { from: 0 }),
      number(seed, "generate's seed"), ids, texts));
    const model = this, several = isBatch(prompt);
    const result = { tokens: generated, get text() { return several ? model.text(generated) : model.text(generated)[0]; } };
    if (cache !== undefined) result.cache = this.run(generated, { cache, logits: false }).cache;
    return facts(Generated, result);
  }

  toString() { return models.describe(this.#java); }

  [printed]() { return this.toString(); }
}
strict(Model);

/** A Java model as scripts see it. */
export const modelOf = java => new Model(java);

/** One that was just trained. */
export function trained(java, loss) {
  const model = modelOf(java);
  losses.set(model, loss);
  return model;
}

class Generated {}
strict(Generated);

const isBatch = prompt => prompt instanceof Tokens || Array.isArray(prompt) && typeof prompt[0] !== "number";

function flag(value, what) {
  if (typeof value !== "boolean") throw new TypeError(`${what} is true or false, not ${kindOf(value)}`);
  return value;
}

export { javaModel };
