// Metrics: one number for each row of a run.
import { java, kindOf, options } from "./host.js";
import { printed } from "./format.js";
import { integer, strict } from "./strict.js";
import { javaRun } from "./handles.js";
import { Tensor } from "./tensor.js";

const metrics = java("metrics");

let resolve;    // (metric, Java model) => the Java metric: texts are tokens of a model

class Metric {
  #make;
  #text;

  static { resolve = (metric, model) => metric.#make(model); }

  constructor(make, text) {
    if (typeof make !== "function") throw new TypeError("new Metric(…) is not for scripts; use metric.logitDiff(…) and the others");
    this.#make = make;
    this.#text = text;
  }

  /** Measures a run that has been, at positions whose logits it has: [batch]. */
  of(run) {
    const java = javaRun(run, "what a metric is taken of");
    return new Tensor(metrics.of(this.#make(metrics.model(java)), java));
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Metric);

/** Ids of texts and ids: one, or one for each row. */
function ids(given, model, what) {
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new RangeError(`${what} is an empty array`);
  return list.map(one => typeof one === "string" ? metrics.token(model, one) : integer(one, what, { from: 0 }));
}

/** Sets of ids: of one token or several for all rows, or of one array for each row. */
function sets(given, model, what) {
  if (Array.isArray(given) && given.some(Array.isArray)) return given.map(set => ids(set, model, what));
  return [ids(given, model, what)];
}

/** Tokens of which each row has its own, as sets of one. */
const single = (given, model, what) => ids(given, model, what).map(id => [id]);

const shown = given => Array.isArray(given) ? `[${given.map(shown).join(", ")}]` : typeof given === "string" ? JSON.stringify(given) : String(given);

class Metrics {
  /** logit[correct] - logit[wrong]: texts or ids, or one for each row */
  logitDiff(given) {
    const { correct, wrong, pos = -1 } = options(given, ["correct", "wrong", "pos"], "logitDiff");
    if (correct === undefined || wrong === undefined) throw new TypeError("logitDiff needs two tokens: { correct, wrong }");
    integer(pos, "logitDiff's pos");
    return new Metric(model => metrics.logitDiff(model, ids(correct, model, "logitDiff's correct"), ids(wrong, model, "logitDiff's wrong"), pos),
      `logit difference of ${shown(correct)} and ${shown(wrong)}`);
  }

  /** The logit of a token; or of one token for each row */
  logit(token, given) {
    const { pos = -1 } = options(given, ["pos"], "logit");
    integer(pos, "logit's pos");
    return new Metric(model => metrics.logit(model, ids(token, model, "logit's token"), pos), `logit of ${shown(token)}`);
  }

  /** Mean loss of the next token from a position on */
  loss(given) {
    const { from = 0 } = options(given, ["from"], "loss");
    integer(from, "loss's from", { from: 0 });
    return new Metric(() => metrics.loss(from), "loss");
  }

  /** log p(token); or one token for each row */
  logProb(token, given) {
    const { pos = -1 } = options(given, ["pos"], "logProb");
    integer(pos, "logProb's pos");
    return new Metric(model => metrics.logProb(model, single(token, model, "logProb's token"), pos), `log probability of ${shown(token)}`);
  }

  /** Σ p of a token or a set of tokens; or an array of sets, one for each row */
  prob(tokens, given) {
    const { pos = -1 } = options(given, ["pos"], "prob");
    integer(pos, "prob's pos");
    return new Metric(model => metrics.prob(model, sets(tokens, model, "prob's token"), pos), `probability of ${shown(tokens)}`);
  }

  /** How many tokens are likelier: 0 for the most likely; or one token for each row */
  rank(token, given) {
    const { pos = -1 } = options(given, ["pos"], "rank");
    integer(pos, "rank's pos");
    return new Metric(model => metrics.rank(model, ids(token, model, "rank's token"), pos), `rank of ${shown(token)}`);
  }

  /** KL(run ‖ what is measured) of the next token */
  kl(run, given) {
    const { pos = -1 } = options(given, ["pos"], "kl");
    const reference = javaRun(run, "kl's run");
    integer(pos, "kl's pos");
    return new Metric(() => metrics.kl(reference, pos), "KL divergence");
  }
}
strict(Metrics);

export const metric = new Metrics();

/** The Java metric that a script names for a Java model; null for a function, which is the slow path. */
export function javaMetric(given, model, where) {
  if (given instanceof Metric) return resolve(given, model);
  if (typeof given === "function") return null;
  throw new TypeError(`${where} is a metric, as metric.logitDiff(…) makes it, or a function (run) => number, not ${kindOf(given)}`);
}
