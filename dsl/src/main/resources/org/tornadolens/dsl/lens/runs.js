// What runs leave: logits, loss and the values they kept.
import { java } from "./host.js";
import { printed } from "./format.js";
import { standsFor } from "./handles.js";
import { strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import { Tokens } from "./tokens.js";
import { targets } from "./sites.js";
import { javaMetric } from "./metrics.js";

const models = java("models");
const measured = java("metrics");

/** What a run of a model left. */
class Run {
  #java;
  #cache;
  #tokens;
  #logits;
  #loss;

  constructor(java, model) {
    if (typeof java !== "object" || java === null) throw new TypeError("new Run(…) is not for scripts; model.run(…) gives one");
    this.#java = java;
    standsFor(this, java);
    this.#cache = new Cache(java, model);
  }

  get logits() { return this.#logits ??= new Tensor(models.logits(this.#java)); }

  get loss() { return this.#loss ??= new Tensor(models.loss(this.#java)); }

  get tokens() { return this.#tokens ??= new Tokens(models.tokens(this.#java)); }

  get cache() { return this.#cache; }

  /** The gradient of a metric with respect to a value of this run, or to one head's part of it */
  grad(site, metric) {
    const places = targets(site, "what grad is asked for");
    if (places.length !== 1) throw new RangeError(`grad gives one gradient at a time, and ${site} names ${places.length}`);
    if (metric === undefined) throw new TypeError('grad needs a metric, as in run.grad(head("3.1").z, metric.logitDiff({ correct: " Mary", wrong: " John" }))');
    const declared = javaMetric(metric, measured.model(this.#java), "grad's second argument");
    if (declared === null) throw new TypeError("grad needs a declared metric, as metric.logitDiff(…) makes it: a function has no derivative");
    return new Tensor(models.gradient(this.#java, places[0], declared));
  }

  toString() { return `Run of ${this.tokens.batch} × ${this.tokens.length} tokens; ${this.#cache}`; }

  [printed]() { return this.toString(); }
}
strict(Run);

class Cache {
  #run;
  #model;
  #names;

  constructor(run, model) {
    this.#run = run;
    this.#model = model;
  }

  get names() { return this.#names ??= Object.freeze(Array.from(models.cached(this.#run))); }

  get(site) {
    const places = targets(site, "what the cache is asked for");
    if (places.length !== 1) throw new RangeError(`the cache gives one value at a time, and ${site} names ${places.length}`);
    return new Tensor(models.cache(this.#model, this.#run, places[0]));
  }

  toString() { return this.names.length === 0 ? "nothing cached" : `${this.names.length} cached: ${this.names.slice(0, 4).join(", ")}${this.names.length > 4 ? ", …" : ""}`; }

  [printed]() { return this.toString(); }
}
strict(Cache);

export { Run };
