// Metrics: one number for each row of a run.
import { java, kindOf } from "./host.js";
import { integer } from "./checks.js";
import { printed } from "./format.js";
import { javaRun } from "./handles.js";
import { rangeError, typeError } from "./mistakes.js";
import { optional, options, required } from "./options.js";
import { strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import * as is from "./types.js";

const metrics = java("metrics");
const models = java("models");

let resolve;    // (metric, Java model) => the Java metric: texts are tokens of a model

class Metric {
  #make;
  #text;

  static { resolve = (metric, model) => metric.#make(model); }

  constructor(make, text) {
    if (typeof make !== "function") {
      throw typeError("new Metric(…) is not for scripts; use metric.logitDiff(…) and the others");
    }
    this.#make = make;
    this.#text = text;
  }

  of(run) {
    const java = javaRun(run, "what a metric is taken of");
    return new Tensor(metrics.of(this.#make(models.ofRun(java)), java));
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Metric);

/** Ids of texts and ids: one, or one for each row. */
function ids(given, model, what) {
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw rangeError(`${what} is an empty array`);
  return list.map(one => typeof one === "string" ? metrics.token(model, one) : integer(one, what, { from: 0 }));
}

/** Sets of ids: one of a token or several for all rows, or one for each row. */
function sets(given, model, what) {
  if (Array.isArray(given) && given.some(Array.isArray)) return given.map(set => ids(set, model, what));
  return [ids(given, model, what)];
}

/** Tokens, one for all rows or one for each, as sets of one. */
const single = (given, model, what) => ids(given, model, what).map(id => [id]);

function shown(given) {
  if (Array.isArray(given)) return `[${given.map(shown).join(", ")}]`;
  return typeof given === "string" ? JSON.stringify(given) : String(given);
}

const tokens = is.declared("Token | Token[]");
const TWO = "two tokens: { correct, wrong }";

const logitDiffOptions = options("LogitDiffOptions", {
  correct: required(tokens, TWO), wrong: required(tokens, TWO), pos: optional(is.integer, -1),
});
const logitOptions = options("LogitOptions", { pos: optional(is.integer, -1) });
const lossOptions = options("LossOptions", { from: optional(is.integerFrom(0), 0) });
const logProbOptions = options("LogProbOptions", { pos: optional(is.integer, -1) });
const probOptions = options("ProbOptions", { pos: optional(is.integer, -1) });
const rankOptions = options("RankOptions", { pos: optional(is.integer, -1) });
const klOptions = options("KlOptions", { pos: optional(is.integer, -1) });

class Metrics {
  logitDiff(given) {
    const { correct, wrong, pos } = logitDiffOptions(given, "logitDiff");
    const two = model => [ids(correct, model, "logitDiff's correct"), ids(wrong, model, "logitDiff's wrong")];
    return new Metric(model => metrics.logitDiff(model, ...two(model), pos),
      `logit difference of ${shown(correct)} and ${shown(wrong)}`);
  }

  logit(token, given) {
    const { pos } = logitOptions(given, "logit");
    return new Metric(model => metrics.logit(model, ids(token, model, "logit's token"), pos),
      `logit of ${shown(token)}`);
  }

  loss(given) {
    const { from } = lossOptions(given, "loss");
    return new Metric(() => metrics.loss(from), "loss");
  }

  logProb(token, given) {
    const { pos } = logProbOptions(given, "logProb");
    return new Metric(model => metrics.logProb(model, single(token, model, "logProb's token"), pos),
      `log probability of ${shown(token)}`);
  }

  prob(tokens, given) {
    const { pos } = probOptions(given, "prob");
    return new Metric(model => metrics.prob(model, sets(tokens, model, "prob's token"), pos),
      `probability of ${shown(tokens)}`);
  }

  rank(token, given) {
    const { pos } = rankOptions(given, "rank");
    return new Metric(model => metrics.rank(model, ids(token, model, "rank's token"), pos), `rank of ${shown(token)}`);
  }

  kl(run, given) {
    const { pos } = klOptions(given, "kl");
    const reference = javaRun(run, "kl's run");
    return new Metric(() => metrics.kl(reference, pos), "KL divergence");
  }
}
strict(Metrics);

export const metric = new Metrics();

/** The Java metric that a script names for a Java model; null for a function, which is the slow path. */
export function javaMetric(given, model, where) {
  if (given instanceof Metric) return resolve(given, model);
  if (typeof given === "function") return null;
  throw typeError(`${where} is a metric, as metric.logitDiff(…) makes it, `
    + `or a function (run) => number, not ${kindOf(given)}`);
}
