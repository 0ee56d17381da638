// Model: what load returns. Its configuration, weights, tokens, runs, edits and generated text.
import { java, kindOf } from "./host.js";
import { chat, hasChatTemplate } from "./chat.js";
import { object, string } from "./checks.js";
import { edited, save } from "./edits.js";
import { ovOf, qkOf } from "./factored-matrix.js";
import { printed } from "./format.js";
import { declaredOf } from "./interventions.js";
import { rangeError, typeError } from "./mistakes.js";
import { Run } from "./model-run.js";
import { optional, options, required } from "./options.js";
import { seed as runSeed } from "./script.js";
import { Heads, headsIn, targets } from "./sites.js";
import { facts, strict } from "./strict.js";
import { table } from "./table.js";
import { javaOf } from "./tensor.js";
import { Tokens, isBatch, javaTokens, read, tokensOf } from "./tokens.js";
import * as is from "./types.js";
import { Weights } from "./weights.js";

const models = java("models");
const tokens = java("tokens");
const generation = java("generation");

const loadOptions = options("LoadOptions", { dtype: optional(is.string, null), device: optional(is.string, null) });

/** load(), load("path"), load("path", { dtype, device }) */
export function load(path, given) {
  if (typeof path === "object" && path !== null && given === undefined) [path, given] = [undefined, path];
  const { dtype, device } = loadOptions(given, "load");
  return new Model(models.load(path === undefined ? null : string(path, "a model's path"), dtype, device));
}

class Configuration {}
strict(Configuration);

let javaModel;

const losses = new WeakMap();    // model → the loss of every step of its training

const tokensOptions = options("TokensOptions", {
  bos: optional(is.boolean, true),
  special: optional(is.boolean, true),
});

const positionOptions = options("PositionOptions", { which: optional(is.oneOf("first", "last"), null) });

const nextOptions = options("NextOptions", { top: optional(is.integerFrom(1), 10) });

const randomOptions = options("RandomOptions", {
  batch: optional(is.integer, 1),
  length: required(is.integer, "a length: how many random tokens a row has before they repeat"),
  repeat: optional(is.integer, 1),
  seed: optional(is.number, () => runSeed),
  bos: optional(is.boolean, true),
});

const hooks = is.declared("(Intervention | Intervention[])[]", (value, what) => {
  if (!Array.isArray(value)) throw typeError(`${what} is an array of interventions, not ${kindOf(value)}`);
  return value;
});

const givenValues = is.declared("{ [hookName: string]: Tensor }", (value, what) => object(value,
  `${what} gives tensors by hook name, as in { "blocks.3.hook_resid_pre": tensor }`));

const kept = is.declared("Target | ((hookName: string) => boolean) | boolean");

const runOptions = options("RunOptions", {
  cache: optional(kept),
  hooks: optional(hooks, () => []),
  at: optional(is.integers),
  from: optional(givenValues, () => ({})),
  stopAt: optional(is.integerFrom(0)),
  loss: optional(is.boolean, false),
  logits: optional(is.boolean, true),
});

const generateOptions = options("GenerateOptions", {
  max: optional(is.integerFrom(0), 100),
  temperature: optional(is.number, 0),
  topP: optional(is.number, 1),
  topK: optional(is.integerFrom(0), 0),
  minP: optional(is.number, 0),
  seed: optional(is.number, () => runSeed),
  stop: optional(is.declared("number | string | (number | string)[]", stops), () => stops([])),
  cache: optional(kept),
  logProbs: optional(is.declared("boolean | number", alternatives)),
});

/** Whether new tokens are reported, and with how many alternatives each: undefined, or a number. */
function alternatives(value, what) {
  if (typeof value === "boolean") return value ? 0 : undefined;
  return is.integerFrom(0).check(value, what);
}

/** What ends a row, ids and texts apart. */
function stops(value, what) {
  const all = Array.isArray(value) ? value : [value];
  const ids = all.filter(one => typeof one !== "string").map(one => is.integerFrom(0).check(one, what));
  return { ids, texts: all.filter(one => typeof one === "string") };
}

class Model {
  #java;
  #config;
  #hookNames;
  #weights;

  static { javaModel = (model, what) => {
    if (model instanceof Model) return model.#java;
    throw typeError(`${what} is a Model, as load() gives it, not ${kindOf(model)}`);
  }; }

  constructor(java) {
    if (typeof java !== "object" || java === null) {
      throw typeError("new Model(…) is not for scripts; load(…) opens one");
    }
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

  get losses() {
    if (!losses.has(this)) throw rangeError("this model has no losses: train(…) did not make it");
    return losses.get(this);
  }

  get weights() { return this.#weights ??= new Weights(this.#java); }

  ov(head, given) { return ovOf(this.#java, head, given); }

  qk(head, given) { return qkOf(this.#java, head, given); }

  // ---- text and tokens

  tokens(input, given) {
    return read(input, this.#java, "tokens", { ...tokensOptions(given, "tokens"), input: true });
  }

  get hasChatTemplate() { return hasChatTemplate(this.#java); }

  chat(conversation, given) { return chat(this.#java, conversation, given); }

  random(given) { return new Tokens(tokens.random({ model: this.#java, ...randomOptions(given, "random") })); }

  text(given) { return this.#byRow(given, "text", row => tokens.text(this.#java, row)); }

  pieces(given) { return this.#byRow(given, "pieces", row => Array.from(tokens.pieces(this.#java, row))); }

  #byRow(given, where, of) {
    const rows = read(given, this.#java, where, { bos: false, special: true, input: false }).toArray().map(of);
    return isBatch(given) ? rows : rows[0];
  }

  token(text) { return tokens.single(this.#java, string(text, "the text of a token")); }

  position(input, phrase, given) {
    const { which } = positionOptions(given, "position");
    const rows = javaTokens(read(input, this.#java, "position", { bos: true, special: true, input: true }));
    const found = Array.from(tokens.positions(this.#java, rows, string(phrase, "position's phrase"), which));
    return found.length === 1 && (input instanceof Tokens || !isBatch(input)) ? found[0] : found;
  }

  next(prompt, given) {
    const { top } = nextOptions(given, "next");
    const rows = Array.from(tokens.next(this.#java, javaTokens(tokensOf(prompt, this.#java, true, "next")), top));
    const columns = ["token", "text", "probability", "logit"];
    const cells = rows.flatMap((next, row) => Array.from({ length: next.count() }, (_, i) =>
      [...(rows.length > 1 ? [row] : []), next.id(i), next.label(i), next.probability(i), next.logit(i)]));
    return table(cells, { columns: rows.length > 1 ? ["row", ...columns] : columns });
  }

  // ---- runs

  run(input, given) {
    const { cache, hooks, at, from, stopAt, loss, logits } = runOptions(given, "run");
    const run = models.run({
      model: this.#java,
      tokens: javaTokens(tokensOf(input, this.#java, true, "run")),
      ...this.#kept(cache, "run"),
      interventions: declaredOf(hooks, "run's hooks"),
      at,
      from: Object.fromEntries(Object.entries(from).map(
        ([name, tensor]) => [name, javaOf(tensor, `the value given for ${name}`)])),
      stopAt, loss, logits,
    });
    return new Run(run, this.#java);
  }

  #kept(cache, call) {
    const some = targets => ({ everything: false, targets });
    if (cache === undefined || cache === false) return some([]);
    if (cache === true) return { everything: true, targets: [] };
    if (typeof cache !== "function") return some(targets(cache, `${call}'s cache`));
    const names = this.hookNames.filter(name => cache(name));
    if (names.length === 0) {
      throw rangeError(`${call}'s cache is a predicate that holds for none of this model's hook names`);
    }
    return some(targets(names, `${call}'s cache`));
  }

  with(...interventions) { return new Model(models.with(this.#java, declaredOf(interventions, "with"))); }

  edit(...edits) { return new Model(edited(this.#java, edits)); }

  save(folder, options) { return save(this.#java, folder, options); }

  heads(selector) {
    if (!(selector instanceof Heads)) throw typeError(`heads takes heads(…), not ${kindOf(selector)}`);
    return headsIn(selector, this.#java);
  }

  generate(prompt, given) {
    const { stop, cache, logProbs, ...settings } = generateOptions(given, "generate");
    const model = this, java = this.#java, several = isBatch(prompt);
    const generated = generation.generate({
      model: java,
      prompt: javaTokens(tokensOf(prompt, java, true, "generate")),
      ...settings,
      stopIds: stop.ids,
      stopTexts: stop.texts,
      alternatives: logProbs,
      ...this.#kept(cache, "generate"),
    });
    const tokens = new Tokens(generation.tokens(generated)), one = rows => several ? rows : rows[0];
    const text = () => one(model.text(tokens));
    const result = {
      tokens,
      get text() { return text(); },
      ended: one(Array.from(generation.endings(generated))),
    };
    if (logProbs !== undefined) {
      result.logProbs = one(Array.from({ length: tokens.batch }, (_, row) => choices(java, generated, row)));
    }
    if (cache !== undefined && cache !== false) result.cache = new Run(generation.run(java, generated), java).cache;
    return facts(Generated, result);
  }

  toString() { return models.describe(this.#java); }

  [printed]() { return this.toString(); }
}
strict(Model);

/** A Java model as scripts see it. */
export const modelOf = java => new Model(java);

/** A model that was just trained, with the loss of every step. */
export function trained(java, loss) {
  const model = modelOf(java);
  losses.set(model, loss);
  return model;
}

class Generated {}
strict(Generated);

/** The new tokens of a row with their log-probabilities and alternatives. */
function choices(java, generated, row) {
  const text = token => tokens.pieces(java, [token])[0].replaceAll("▁", " ");
  const named = (token, logProb) => ({ token, text: text(token), logProb });
  const logProbs = generation.logProbs(generated, row);
  const others = generation.alternatives(generated, row), theirs = generation.alternativeLogProbs(generated, row);
  return Array.from(generation.chosen(generated, row), (token, i) => Object.freeze({
    ...named(token, logProbs[i]),
    alternatives: Array.from(others[i], (other, rank) => Object.freeze(named(other, theirs[i][rank]))),
  }));
}

export { javaModel };
