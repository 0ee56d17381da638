// Sweeps and patching: a metric of each of many changed runs of a model.
import { java, kindOf } from "./host.js";
import { integer, nonempty, number, object } from "./checks.js";
import { declaredOf } from "./interventions.js";
import { javaMetric } from "./metrics.js";
import { rangeError, typeError } from "./mistakes.js";
import { javaModel } from "./model.js";
import { Run } from "./model-run.js";
import { optional, options, required } from "./options.js";
import { Heads, Layer, Mlp, head, heads, headsIn, layerNumbers, layersIn, targets } from "./sites.js";
import { facts, strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import { javaTokens, tokensOf } from "./tokens.js";
import * as is from "./types.js";

const patches = java("patching");

const METRIC = 'a metric, as in metric.logitDiff({ correct: " Mary", wrong: " John" })';

/** A metric for Java: a declared one, or a function of a Java run. */
function measure(metric, model, where) {
  const declared = javaMetric(metric, model, where);
  return { declared, call: declared === null ? run => numberOf(metric(new Run(run, model)), where) : null };
}

/** A number, or the mean of one for each row [batch]. */
function numberOf(value, where) {
  if (value instanceof Tensor) {
    if (value.shape.every(size => size === 1)) return value.item();
    if (value.axes.length === 1 && value.axes[0] === "batch") return value.mean();
    throw typeError(`what ${where} returns for a run is a number, or a Tensor [batch] with one for each row, not a `
      + `Tensor [${value.axes.join(", ")}]; reduce it, as in .mean()`);
  }
  return number(value, `what ${where} returns for a run`);
}

// ---- sweeps

const sweepOptions = options("SweepOptions", {
  over: required(is.declared("any"), "what to sweep over: heads(…), layers(…), mlps(…), an array or an object of axes"),
  apply: optional(is.declared("(cell: any) => Intervention | Intervention[]", (apply, what) => {
    if (typeof apply === "function") return apply;
    throw typeError(`${what} makes the interventions of a cell, as in h => ablate(h, { with: "zero" }), `
      + `and is a function, not ${kindOf(apply)}`);
  })),
  metric: required(is.declared("MetricLike"), METRIC),
});

/** sweep(model, prompt, { over: heads(), apply: h => ablate(h, { with: "zero" }), metric }) */
export function sweep(model, input, given) {
  const { over, apply, metric } = sweepOptions(given, "sweep");
  const java = javaModel(model, "sweep's first argument");
  const { cells, grid } = gridOf(over, java, model.config);
  const where = apply === undefined ? "sweep without apply" : "what sweep's apply returns";
  return new Tensor(patches.sweep({
    model: java,
    tokens: javaTokens(tokensOf(input, java, true, "sweep")),
    cells: cells.map(cell => declaredOf([apply === undefined ? cell : apply(cell)], where)),
    metric: measure(metric, java, "sweep's metric"),
    grid,
  }));
}

/** What is swept over: the cells, and the places of their numbers in a tensor of these axes. */
function gridOf(over, model, config) {
  const placed = (cells, axes, sizes, place) => ({ cells, grid: { axes, sizes, places: cells.map(place) } });
  if (over instanceof Heads) {
    return placed(headsIn(over, model), ["layer", "head"], [config.nLayers, config.nHeads],
      h => h.layer * config.nHeads + h.head);
  }
  if (over instanceof Layer || over instanceof Mlp) {
    return placed(layersIn(over, model), ["layer"], [config.nLayers], one => Number(/\d+/.exec(String(one))[0]));
  }
  if (Array.isArray(over)) return placed(nonempty(over, "sweep's over"), ["cell"], [over.length], (_, i) => i);
  object(over, "sweep's over is heads(…), layers(…), mlps(…), an array, "
    + "or an object of axes, as in { layer: 8, pos: [0, 4] }");
  const axes = Object.keys(over);
  if (axes.length === 0) throw rangeError("sweep's over is an empty object: name at least one axis");
  const values = axes.map(axis => valuesOf(over[axis], `sweep's over.${axis}`));
  const cells = values.reduce((all, some, i) =>
    all.flatMap(cell => some.map(value => ({ ...cell, [axes[i]]: value }))), [{}]);
  return placed(cells, axes, values.map(some => some.length), (_, i) => i);
}

/** The values of an axis, named or counted. */
function valuesOf(axis, what) {
  return Array.isArray(axis) ? nonempty(axis, what)
    : Array.from({ length: integer(axis, what, { from: 1 }) }, (_, i) => i);
}

// ---- clean and corrupted prompts, and what is measured of their runs

const prompts = name => required(is.declared("Input"), `clean and corrupted prompts: ${name} is missing`);

/** The options of every function that compares clean with corrupted runs. */
export const comparison = {
  clean: prompts("clean"), corrupted: prompts("corrupted"), metric: required(is.declared("MetricLike"), METRIC),
};

/** Model, prompts and metric for Java. */
export function experiment(model, { clean, corrupted, metric }, where) {
  const java = javaModel(model, `${where}'s first argument`);
  const tokens = (input, name) => javaTokens(tokensOf(input, java, true, `${where}'s ${name}`));
  return {
    model: java, clean: tokens(clean, "clean"), corrupted: tokens(corrupted, "corrupted"),
    metric: measure(metric, java, `${where}'s metric`),
  };
}

// ---- patching

const positions = is.declared("(number | number[])[]", (value, what) => nonempty(value, what).map(one =>
  [one].flat().map(position => integer(position, `a position in ${what}`))));

const activationOptions = options("ActivationOptions", {
  ...comparison,
  site: required(is.declared(
    Array.from(patches.sites(), site => JSON.stringify(site)).join(" | "),
    (site, what) => {
      if (typeof site === "string") return site;
      throw typeError(`${what} is a name: ${Array.from(patches.sites()).join(", ")}`);
    }), "a site, the name of what is patched"),
  by: required(is.declared('("layer" | "head" | "pos" | "dest" | "src")[]', (by, what) => {
    if (Array.isArray(by)) return by.map(String);
    throw typeError(`${what} is an array of axes, as in ["layer", "pos"], not ${kindOf(by)}`);
  }), 'axes to go by, as in { by: ["layer", "pos"] }'),
  direction: optional(is.oneOf("denoise", "noise"), "denoise"),
  positions: optional(positions),
  normalize: optional(is.boolean, false),
});

const RECEIVERS = 'receivers, as in [head("8.6").q, mlp(7), "logits"]';

const receiverType = is.declared("Receiver | Receiver[]");

const pathOptions = options("PathOptions", {
  ...comparison,
  senders: optional(is.declared("Sender | Sender[]"), () => heads()),
  receivers: required(receiverType, RECEIVERS),
  linear: optional(is.boolean, false),
});

const attributionOptions = options("AttributionOptions", {
  ...comparison,
  metric: required(is.declared("Metric"), METRIC),
  by: optional(is.oneOf("head", "position", "neuron", "node", "edge"), "head"),
  steps: optional(is.integerFrom(1), 1),
});

const iterateOptions = options("IterateOptions", {
  ...comparison,
  receivers: optional(receiverType, "logits"),
  top: optional(is.integerFrom(1), 3),
  depth: optional(is.integerFrom(1), 3),
  threshold: optional(is.number, 0.02),
});

class Patching {
  activation(model, given) {
    const all = activationOptions(given, "patching.activation");
    const { site, by, direction, positions, normalize } = all;
    return new Tensor(patches.activation(
      { experiment: experiment(model, all, "patching.activation"), site, by, direction, positions, normalize }));
  }

  path(model, given) {
    const all = pathOptions(given, "patching.path");
    const setting = experiment(model, all, "patching.path");
    const { senders, grid } = sendersOf(all.senders, setting.model, model.config);
    const receivers = receiversOf(all.receivers);
    const patched = linear => new Tensor(patches.path({ experiment: setting, senders, ...receivers, linear, grid }));
    const exact = patched(false);
    if (!all.linear) return exact;
    const approximate = patched(true);
    return facts(PathComparison, { exact, linear: approximate, difference: exact.sub(approximate) });
  }

  attribution(model, given) {
    const all = attributionOptions(given, "patching.attribution");
    const { by, steps } = all;
    const request = { experiment: experiment(model, all, "patching.attribution"), by, steps };
    if (request.experiment.metric.declared === null) {
      throw typeError("patching.attribution needs a declared metric, as metric.logitDiff(…) makes it: "
        + "a function has no derivative");
    }
    if (by !== "node" && by !== "edge") return new Tensor(patches.attribution(request));
    const [senders, receivers, scores] = patches.namedAttribution(request);
    const names = list => Object.freeze(Array.from(list));
    if (by === "node") return facts(AttributedNodes, { nodes: names(senders), scores: new Tensor(scores) });
    return facts(AttributedEdges,
      { senders: names(senders), receivers: names(receivers), scores: new Tensor(scores) });
  }

  /** Path patching backwards: to the heads with the largest effects on the receivers, from those to the next. */
  iterate(model, given) {
    const { receivers, top, depth, threshold, ...pair } = iterateOptions(given, "patching.iterate");
    const setting = experiment(model, pair, "patching.iterate");
    const measured = tokens => patches.measured(setting.model, tokens, setting.metric);
    const base = measured(setting.clean), least = threshold * Math.abs(base - measured(setting.corrupted));
    const edges = [], nodes = new Set(), expanded = new Set();
    let frontier = [receivers].flat();
    for (let step = 0; step < depth && frontier.length > 0; step++) {
      const found = new Set();
      for (const receiver of frontier) {
        const to = receiver === "logits" ? "logits" : String(receiver);
        if (expanded.has(to)) continue;
        expanded.add(to);
        const effects = this.path(model, { ...pair, receivers: [receiver] }).sub(base);
        for (const { layer, head: number } of strongest(effects, top, least)) {
          const from = `${layer}.${number}`;
          edges.push({ from, to, effect: effects.get(layer, number) });
          nodes.add(from);
          found.add(from);
        }
      }
      frontier = [...found].flatMap(name => [head(name).q, head(name).k, head(name).v]);
    }
    const ordered = [...nodes].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    return facts(PathGraph, { nodes: Object.freeze(ordered), edges: Object.freeze(edges.map(Object.freeze)) });
  }
}
strict(Patching);

/** The largest scores, whatever their sign. */
function largest(scores, count) {
  return scores.filter(one => !Number.isNaN(one.score))
    .sort((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .slice(0, integer(count, "top's argument", { from: 1 }));
}

export class AttributedNodes {
  top(count) {
    return largest(this.scores.toArray().map((score, i) => ({ node: this.nodes[i], score })), count);
  }
}
strict(AttributedNodes);

export class AttributedEdges {
  top(count) {
    const edges = (row, i) => row.map((score, j) => ({ from: this.senders[i], to: this.receivers[j], score }));
    return largest(this.scores.toArray().flatMap(edges), count);
  }
}
strict(AttributedEdges);

class PathComparison {}
strict(PathComparison);

class PathGraph {}
strict(PathGraph);

/** The heads of the largest effects, whatever their sign, that reach `least`. */
function strongest(effects, top, least) {
  return effects.abs().toArray()
    .flatMap((row, layer) => row.map((size, head) => ({ layer, head, size })))
    .filter(one => one.size >= least && one.size > 0)
    .sort((a, b) => b.size - a.size)
    .slice(0, top);
}

/** Senders by name, and the places of their numbers in a tensor of these axes. */
function sendersOf(given, model, config) {
  const each = one => {
    if (one instanceof Heads) return headsIn(one, model);
    if (one instanceof Mlp) return layersIn(one, model);
    if (one === "embed") return [one];
    if (typeof one === "string") return each(heads(one));
    throw typeError(`a sender is heads(…), mlps(…) or "embed", not ${kindOf(one)}`);
  };
  const placed = (some, axes, sizes, places) => ({ senders: some.map(String), grid: { axes, sizes, places } });
  if (given instanceof Heads || typeof given === "string" && given !== "embed") {
    const some = each(given);
    return placed(some, ["layer", "head"], [config.nLayers, config.nHeads],
      some.map(({ layer, head }) => layer * config.nHeads + head));
  }
  if (given instanceof Mlp) return placed(each(given), ["layer"], [config.nLayers], layerNumbers(given, model));
  const some = nonempty([given].flat(), "patching.path's senders").flatMap(each);
  return placed(some, ["sender"], [some.length], some.map((_, i) => i));
}

/** Receivers: heads' q, k and v and MLPs as Java targets, and whether the logits are one. */
function receiversOf(given) {
  const all = [given].flat();
  if (all.length === 0) throw typeError(`patching.path needs ${RECEIVERS}`);
  const inside = all.filter(one => one !== "logits");
  return {
    targets: inside.length === 0 ? [] : targets(inside, "patching.path's receivers"),
    logits: inside.length < all.length,
  };
}

export const patching = new Patching();
