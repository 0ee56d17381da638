// Run and Cache: what model.run returns, that is, logits, loss, the values kept, and gradients.
import { java } from "./host.js";
import { printed } from "./format.js";
import { standsFor } from "./handles.js";
import { javaMetric } from "./metrics.js";
import { rangeError, typeError } from "./mistakes.js";
import { targets } from "./sites.js";
import { strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import { Tokens } from "./tokens.js";

const models = java("models");

/** The one Java target that a script names; `whose` begins the error where it names several. */
function oneTarget(site, what, whose) {
  const places = targets(site, what);
  if (places.length !== 1) throw rangeError(`${whose} at a time, and ${site} names ${places.length}`);
  return places[0];
}

class Run {
  #java;
  #cache;
  #tokens;
  #logits;
  #loss;

  constructor(java, model) {
    if (typeof java !== "object" || java === null) {
      throw typeError("new Run(…) is not for scripts; model.run(…) gives one");
    }
    this.#java = java;
    standsFor(this, java);
    this.#cache = new Cache(java, model);
  }

  get logits() { return this.#logits ??= new Tensor(models.logits(this.#java)); }

  get loss() { return this.#loss ??= new Tensor(models.loss(this.#java)); }

  get tokens() { return this.#tokens ??= new Tokens(models.tokens(this.#java)); }

  get cache() { return this.#cache; }

  grad(site, metric) {
    const target = oneTarget(site, "what grad is asked for", "grad gives one gradient");
    if (metric === undefined) {
      throw typeError('grad needs a metric, as in run.grad(head("3.1").z, '
        + 'metric.logitDiff({ correct: " Mary", wrong: " John" }))');
    }
    const declared = javaMetric(metric, models.ofRun(this.#java), "grad's second argument");
    if (declared === null) {
      throw typeError("grad needs a declared metric, as metric.logitDiff(…) makes it: a function has no derivative");
    }
    return new Tensor(models.gradient(this.#java, target, declared));
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
    const target = oneTarget(site, "what the cache is asked for", "the cache gives one value");
    return new Tensor(models.cache(this.#model, this.#run, target));
  }

  toString() {
    const names = this.names;
    if (names.length === 0) return "nothing cached";
    return `${names.length} cached: ${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""}`;
  }

  [printed]() { return this.toString(); }
}
strict(Cache);

export { Run };
