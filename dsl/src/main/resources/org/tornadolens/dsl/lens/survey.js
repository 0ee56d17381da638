// Surveys: one pass of a model over a dataset, with several reductions of its values at once.
import { java, kindOf, nearest } from "./host.js";
import { integer, number, object, string } from "./checks.js";
import { printed } from "./format.js";
import { javaDatasetOf, meansOf, topStandsFor } from "./handles.js";
import { declaredOf } from "./interventions.js";
import { javaMetric } from "./metrics.js";
import { rangeError, typeError } from "./mistakes.js";
import { javaModel } from "./model.js";
import { optional, options, required } from "./options.js";
import { targets } from "./sites.js";
import { facts, strict } from "./strict.js";
import { Table } from "./table.js";
import { Tensor, javaOf, stack } from "./tensor.js";
import * as is from "./types.js";

const surveys = java("surveys");

// ---- what is collected

let askedOf;     // (collector, name, Java model) => what Java is asked for

const nothing = {
  targets: [], norm: false, direction: null, each: false, byPosition: false, bins: 0, range: null, k: 0, context: 0,
  largest: true, above: 0, metric: null, folder: null,
};

class Collector {
  #kind;
  #asked;
  #text;

  static {
    askedOf = (collector, name, model) => {
      const asked = collector.#asked(model);
      return { name, kind: collector.#kind, ...nothing, ...asked };
    };
  }

  constructor(kind, asked, text) {
    if (typeof asked !== "function") {
      throw typeError("new Collector(…) is not for scripts; use collect.mean(…) and others");
    }
    this.#kind = kind;
    this.#asked = asked;
    this.#text = text;
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Collector);

const direction = optional(is.declared("Tensor", (value, what) => javaOf(value, what)), null);
const by = optional(is.oneOf("all", "position"), "all");

const meanOptions = options("CollectMeanOptions", { by, direction });
const covarianceOptions = options("CollectCovarianceOptions", {});
const histogramOptions = options("CollectHistogramOptions", {
  bins: optional(is.integerFrom(2), 64),
  range: optional(is.declared("[number, number]", (value, what) => {
    if (Array.isArray(value) && value.length === 2) return value.map(edge => number(edge, `each edge of ${what}`));
    throw typeError(`${what} is two numbers, the first edge and the last, not ${kindOf(value)}`);
  }), null),
  per: optional(is.oneOf("all", "neuron", "head"), "all"),
  direction,
});
const quantilesOptions = options("CollectQuantilesOptions", {
  per: optional(is.oneOf("all", "neuron", "head"), "all"), direction,
});
const topOptions = options("CollectTopOptions", {
  k: optional(is.integerFrom(1), 20),
  context: optional(is.integerFrom(0), 10),
  per: optional(is.oneOf("neuron", "head"), "neuron"),
  direction,
  largest: optional(is.boolean, true),
});
const frequencyOptions = options("CollectFrequencyOptions", {
  above: optional(is.number, 0), per: optional(is.oneOf("neuron", "head"), "neuron"), direction,
});

/** A collector of the values of a site; `asked` is what Java is told besides. */
function ofValues(kind, target, asked) {
  const places = targets(target, `collect.${kind}'s target`);
  return new Collector(kind, () => ({ targets: places, ...asked }), `${kind} of ${[target].flat().join(", ")}`);
}

class Collect {
  mean(target, given) {
    const { by, direction } = meanOptions(given, "collect.mean");
    return ofValues("mean", target, { byPosition: by === "position", direction });
  }

  covariance(target, given) {
    covarianceOptions(given, "collect.covariance");
    return ofValues("covariance", target, {});
  }

  histogram(target, given) {
    const { bins, range, per, direction } = histogramOptions(given, "collect.histogram");
    return ofValues("histogram", target, { bins, range, ...perOf(per, direction) });
  }

  quantiles(target, given) {
    const { per, direction } = quantilesOptions(given, "collect.quantiles");
    return ofValues("quantiles", target, perOf(per, direction));
  }

  top(target, given) {
    const { k, context, per, direction, largest } = topOptions(given, "collect.top");
    return ofValues("top", target, { k, context, largest, ...perOf(per, direction) });
  }

  frequency(target, given) {
    const { above, per, direction } = frequencyOptions(given, "collect.frequency");
    return ofValues("frequency", target, { above, ...perOf(per, direction) });
  }

  store(target, folder) {
    string(folder, "the folder of collect.store");
    return ofValues("store", target, { folder });
  }

  loss() { return new Collector("loss", () => ({}), "loss"); }

  metric(metric) {
    return new Collector("metric", model => {
      const java = javaMetric(metric, model, "collect.metric's argument");
      if (java !== null) return { metric: java };
      throw typeError("collect.metric takes a metric, as metric.loss() makes it, not a function: it is computed in the "
        + "run itself");
    }, `metric: ${metric}`);
  }
}
strict(Collect);

export const collect = Object.freeze(new Collect());

const perOf = (per, direction) =>
  ({ norm: per === "head" && direction === null, each: per !== "all" || direction !== null, direction });

// ---- the survey

const collectors = is.declared("{ [name: string]: Collector }", (value, what) => {
  object(value, `${what} gives collectors by name, as in { mean: collect.mean(resid(8).post) }`);
  for (const [name, one] of Object.entries(value)) {
    if (!(one instanceof Collector)) {
      throw typeError(`${what} gives collectors, as collect.mean(…) makes them; ${name} is ${kindOf(one)}`);
    }
    if (name === "read") throw rangeError(`${what}: "read" is what a survey tells of the dataset; choose another name`);
    if (!/^[\w-]+$/.test(name)) throw rangeError(`${what}: a name has letters, digits, _ and -, not "${name}"`);
  }
  if (Object.keys(value).length === 0) throw rangeError(`${what} is empty: a survey collects at least one thing`);
  return value;
});

const hooks = is.declared("(Intervention | Intervention[])[]", (value, what) => {
  if (!Array.isArray(value)) throw typeError(`${what} is an array of interventions, not ${kindOf(value)}`);
  return value;
});

const surveyOptions = options("SurveyOptions", {
  collect: required(collectors, "what to collect: { collect: { mean: collect.mean(resid(8).post) } }"),
  hooks: optional(hooks, () => []),
  batch: optional(is.integerFrom(1), null),
  at: optional(is.integers, null),
  resume: optional(is.boolean, true),
});

class Survey {}
strict(Survey);

/** What a survey has read: rows and tokens, and what it could not use. */
class SurveyRead {
  toString() {
    const left = this.invalid + this.leftOut.length;
    return `${this.rows} rows, ${this.tokens} tokens${left > 0 ? `, ${left} left out` : ""}`;
  }

  [printed]() { return this.toString(); }
}
strict(SurveyRead);

/** survey(model, data, { collect: { mean: collect.mean(heads().z), loss: collect.loss() } }) */
export function survey(model, data, given) {
  const { collect, hooks, batch, at, resume } = surveyOptions(given, "survey");
  const java = javaModel(model, "survey's first argument"), source = javaDatasetOf(data);
  if (source === undefined) {
    throw typeError(`survey's second argument is a dataset, as dataset(…) makes it, not ${kindOf(data)}`);
  }
  const names = Object.keys(collect);
  const asked = names.map(name => askedOf(collect[name], name, java));
  const result = surveys.run(
    { model: java, data: source, collect: asked, hooks: declaredOf(hooks, "survey's hooks"), batch, at, resume });
  const { named, leftOut, ...read } = surveys.read(result);
  const told = facts(SurveyRead,
    { ...read, named: Object.freeze(Array.from(named)), leftOut: Object.freeze(Array.from(leftOut)) });
  const found = names.map((name, i) => [name, resultOf(asked[i].kind, surveys.found(result, name), java)]);
  return facts(Survey, Object.fromEntries([["read", told], ...found]));
}

function resultOf(kind, found, model) {
  switch (kind) {
    case "metric": return new Tensor(surveys.rows(found));
    case "loss": return new SurveyLoss(...surveys.loss(found));
    case "store": return new Table(surveys.stored(found));
    case "top": return new SurveyTop(found, model);
    case "histogram": return new SurveyHistograms(found, model);
    case "quantiles": return new SurveyQuantiles(found, model);
    default: {
      const means = new SurveyMeans(found, model);
      if (kind === "mean") meansOf(means, found);
      return means;
    }
  }
}

// ---- results

/** What was found of several values, asked for by their sites. */
class Surveyed {
  #found;
  #model;
  #names;

  constructor(found, model) {
    this.#found = found;
    this.#model = model;
  }

  get names() { return this.#names ??= Object.freeze(Array.from(surveys.names(this.#found))); }

  /** Java's objects, the name of a site's value, and the one head that the site names or -1; for the classes below. */
  static of(surveyed, site) {
    const found = surveyed.#found, model = surveyed.#model;
    const places = site === undefined ? [null] : targets(site, "what was surveyed");
    if (places.length !== 1) throw rangeError(`one value at a time, and ${site} names ${places.length}`);
    const [name, head] = surveys.place(found, model, places[0]);
    return { found, model, name, head };
  }

  toString() {
    const { names } = this;
    return `${this.constructor.name} of ${names.length === 1 ? names[0] : `${names[0]} … ${names.at(-1)}`}`;
  }

  [printed]() { return this.toString(); }
}

/** Means, shares of tokens or covariances, as tensors. */
class SurveyMeans extends Surveyed {
  get(site) {
    const { found, name, head } = Surveyed.of(this, site);
    return new Tensor(surveys.tensor(found, name, head));
  }

  get tensor() {
    const all = this.names.map(name => this.get(name));
    return all.length === 1 ? all[0] : stack(all, "layer");
  }
}

class SurveyQuantiles extends Surveyed {
  get(q, site) {
    if (!(number(q, "a quantile") >= 0 && q <= 1)) throw rangeError(`a quantile is from 0 to 1, not ${q}`);
    const { found, name } = Surveyed.of(this, site);
    const quantile = new Tensor(surveys.quantile(found, name, q));
    return quantile.shape.length === 0 ? quantile.item() : quantile;
  }
}

class SurveyBins {
  toString() { return `${this.counts.length} bins from ${this.edges[0]} to ${this.edges.at(-1)}`; }

  [printed]() { return this.toString(); }
}
strict(SurveyBins);

const binsOf = ({ from, width, counts, below, above }) => facts(SurveyBins, {
  counts: Object.freeze(Array.from(counts)),
  edges: Object.freeze(Array.from({ length: counts.length + 1 }, (_, i) => from + i * width)),
  below, above,
});

class SurveyHistograms extends Surveyed {
  get(site, index) {
    const { found, name, head } = Surveyed.of(this, site);
    const column = index === undefined && head < 0 ? 0 : columnOf(found, name, head, index);
    return binsOf(surveys.histogram(found, name, column));
  }
}

const columnOf = (found, name, head, index) =>
  surveys.column(found, name, head, index === undefined ? -1 : integer(index, "a neuron's number", { from: 0 }));

class SurveyExample {
  get text() { return this.pieces.join("").replaceAll("▁", " "); }

  toString() { return `${this.value.toPrecision(4)} in row ${this.row} at ${this.position}: ${this.text}`; }

  [printed]() { return this.toString(); }
}
strict(SurveyExample);

class SurveyTop extends Surveyed {
  constructor(found, model) {
    super(found, model);
    topStandsFor(this, {
      found, model,
      column: (site, number) => {
        const { name, head } = Surveyed.of(this, site);
        return { name, column: columnOf(found, name, head, number) };
      },
      largest: most => Array.from(surveys.mostOf(found, most), ([name, column]) => ({ name, column })),
    });
  }

  largest(site) {
    const { found, name } = Surveyed.of(this, site);
    return new Tensor(surveys.largest(found, name));
  }

  examples(site, index) {
    const { found, name, head, model } = Surveyed.of(this, site);
    return Array.from(surveys.examples(found, name, columnOf(found, name, head, index), model), exampleOf);
  }

  histogram(site, index) {
    const { found, name, head } = Surveyed.of(this, site);
    return binsOf(surveys.histogram(found, name, columnOf(found, name, head, index)));
  }
}

function exampleOf({ tokens, pieces, activations, ...rest }) {
  return facts(SurveyExample, {
    ...rest, tokens: Object.freeze(Array.from(tokens)), pieces: Object.freeze(Array.from(pieces)),
    activations: Object.freeze(Array.from(activations)),
  });
}

class SurveyLoss {
  #byPosition;

  constructor(mean, tokens, byPosition) {
    this.#byPosition = new Tensor(byPosition);
    Object.defineProperties(this, {
      mean: { value: mean, enumerable: true }, tokens: { value: tokens, enumerable: true },
      perplexity: { value: Math.exp(mean), enumerable: true },
    });
  }

  get byPosition() { return this.#byPosition; }

  toString() { return `${this.mean.toPrecision(5)} nats over ${this.tokens} tokens`; }

  [printed]() { return this.toString(); }
}
strict(SurveyLoss);
strict(Surveyed);

export { SurveyTop, Surveyed };
