// Sweeps and patching: one number for each of many changes of a model.
import { java, kindOf, oneOf, options } from "./host.js";
import { boolean, facts, integer, number, object, strict } from "./strict.js";
import { declaredOf } from "./interventions.js";
import { javaMetric } from "./metrics.js";
import { javaModel } from "./model.js";
import { Run } from "./runs.js";
import { Heads, Layer, Mlp, head, heads, headsIn, layerNumbers, layersIn, targets } from "./sites.js";
import { Tensor } from "./tensor.js";
import { javaTokens, tokensOf } from "./tokens.js";

const patches = java("patching");

/** sweep(model, prompt, { over: heads(), apply: h => ablate(h, { with: "zero" }), metric }) */
export function sweep(model, input, given) {
  const { over, apply, metric } = options(given, ["over", "apply", "metric"], "sweep");
  const java = javaModel(model, "sweep's first argument");
  const grid = gridOf(over, java, model.config);
  if (apply !== undefined && typeof apply !== "function") throw new TypeError(`sweep's apply makes the interventions of a cell, as in h => ablate(h, { with: "zero" }), and is a function, not ${kindOf(apply)}`);
  const cells = grid.cells.map(cell => declaredOf([apply === undefined ? cell : apply(cell)], apply === undefined ? "sweep without apply" : "what sweep's apply returns"));
  return new Tensor(patches.sweep(java, javaTokens(tokensOf(input, java, true, "sweep")), cells, ...measure(metric, java, "sweep's metric"), grid.axes, grid.sizes, grid.places));
}

/** What is swept over: the cells, and where in which axes the number of each belongs. */
function gridOf(over, model, config) {
  const grid = (cells, axes, sizes, place) => ({ cells, axes, sizes, places: cells.map(place) });
  if (over instanceof Heads) return grid(headsIn(over, model), ["layer", "head"], [config.nLayers, config.nHeads], h => h.layer * config.nHeads + h.head);
  if (over instanceof Layer || over instanceof Mlp) {
    return grid(layersIn(over, model), ["layer"], [config.nLayers], one => Number(/\d+/.exec(String(one))[0]));
  }
  if (Array.isArray(over)) return grid(nonempty(over, "sweep's over"), ["cell"], [over.length], (_, i) => i);
  object(over, "sweep's over is heads(…), layers(…), mlps(…), an array, or an object of axes, as in { layer: 8, pos: [0, 4] }");
  const axes = Object.keys(over);
  const values = axes.map(axis => Array.isArray(over[axis]) ? nonempty(over[axis], `sweep's over.${axis}`)
    : Array.from({ length: integer(over[axis], `sweep's over.${axis}`, { from: 1 }) }, (_, i) => i));
  if (axes.length === 0) throw new RangeError("sweep's over is an empty object: name at least one axis");
  const cells = values.reduce((all, some, i) => all.flatMap(cell => some.map(value => ({ ...cell, [axes[i]]: value }))), [{}]);
  return grid(cells, axes, values.map(some => some.length), (_, i) => i);
}

function nonempty(array, what) {
  if (array.length === 0) throw new RangeError(`${what} is an empty array`);
  return array;
}

/** A metric for Java: the declared one, or a function of a run. */
function measure(metric, model, where) {
  if (metric === undefined) throw new TypeError(`${where} is missing: name a metric, as in metric.logitDiff({ correct: " Mary", wrong: " John" })`);
  const declared = javaMetric(metric, model, where);
  return [declared, declared === null ? run => numberOf(metric(new Run(run, model)), where) : null];
}

function numberOf(value, where) {
  if (value instanceof Tensor && value.shape.every(size => size === 1)) return value.item();
  return number(value, `what ${where} returns for a run`);
}

/** Both prompts as Java tokens, and the metric. */
export function experiment(model, given, where) {
  const java = javaModel(model, `${where}'s first argument`);
  for (const name of ["clean", "corrupted"]) if (given[name] === undefined) throw new TypeError(`${where} needs clean and corrupted prompts: ${name} is missing`);
  const tokens = name => javaTokens(tokensOf(given[name], java, true, `${where}'s ${name}`));
  return [java, tokens("clean"), tokens("corrupted"), ...measure(given.metric, java, `${where}'s metric`)];
}

class Patching {
  activation(model, given) {
    const { site, by, direction = "denoise", positions, normalize = false, ...rest } = options(given, ["clean", "corrupted", "metric", "site", "by", "direction", "positions", "normalize"], "activation");
    if (typeof site !== "string") throw new TypeError(`patching.activation's site is a name: ${Array.from(patches.sites()).join(", ")}`);
    if (!Array.isArray(by)) throw new TypeError(`patching.activation's by is an array of axes, as in ["layer", "pos"], not ${kindOf(by)}`);
    const places = positions === undefined ? null : nonempty(positions, "patching.activation's positions").map(one => [one].flat().map(p => integer(p, "a position in patching.activation's positions")));
    return new Tensor(patches.activation(...experiment(model, rest, "patching.activation"), site, by.map(String),
      oneOf(direction, ["denoise", "noise"], "patching.activation's direction"), places, boolean(normalize, "patching.activation's normalize")));
  }

  path(model, given) {
    const { senders = heads(), receivers, linear = false, ...rest } = options(given, ["clean", "corrupted", "metric", "senders", "receivers", "linear"], "path");
    const setting = experiment(model, rest, "patching.path");
    const from = sendersOf(senders, setting[0], model.config), to = receiversOf(receivers);
    const patched = held => new Tensor(patches.path(...setting, from.senders, to.targets, to.logits, held, from.axes, from.sizes, from.places));
    const exact = patched(false);
    if (!boolean(linear, "patching.path's linear")) return exact;
    const approximate = patched(true);
    return facts(Linear, { exact, linear: approximate, difference: exact.sub(approximate) });
  }

  /** What patching every part would do, to first order, from one backward pass */
  attribution(model, given) {
    const { by = "head", steps = 1, ...rest } = options(given, ["clean", "corrupted", "metric", "by", "steps"], "attribution");
    oneOf(by, ["head", "position", "neuron", "node", "edge"], "patching.attribution's by");
    integer(steps, "patching.attribution's steps", { from: 1 });
    const [java, clean, corrupted, metric] = experiment(model, rest, "patching.attribution");
    if (metric === null) throw new TypeError("patching.attribution needs a declared metric, as metric.logitDiff(…) makes it: a function has no derivative");
    if (by !== "node" && by !== "edge") return new Tensor(patches.attribution(java, clean, corrupted, metric, by, steps));
    const [senders, receivers, scores] = patches.namedAttribution(java, clean, corrupted, metric, by, steps);
    const names = list => Object.freeze(Array.from(list));
    return by === "node" ? facts(AttributedNodes, { nodes: names(senders), scores: new Tensor(scores) })
      : facts(AttributedEdges, { senders: names(senders), receivers: names(receivers), scores: new Tensor(scores) });
  }

  /** Path patching backwards: from the receivers to the heads that matter most to them, from those to the next, `depth` times. */
  iterate(model, given) {
    const { receivers = "logits", top = 3, depth = 3, threshold = 0.02, ...rest } = options(given, ["clean", "corrupted", "metric", "receivers", "top", "depth", "threshold"], "iterate");
    integer(top, "patching.iterate's top", { from: 1 });
    integer(depth, "patching.iterate's depth", { from: 1 });
    const [java, clean, corrupted, metric, call] = experiment(model, rest, "patching.iterate");
    const base = patches.measured(java, clean, metric, call), span = Math.abs(base - patches.measured(java, corrupted, metric, call));
    const least = number(threshold, "patching.iterate's threshold") * span;
    const edges = [], nodes = new Set(), expanded = new Set();
    let frontier = [receivers].flat();
    for (let step = 0; step < depth && frontier.length > 0; step++) {
      const found = new Set();
      for (const receiver of frontier) {
        const to = receiver === "logits" ? "logits" : String(receiver);
        if (expanded.has(to)) continue;
        expanded.add(to);
        const effects = this.path(model, { ...rest, receivers: [receiver] }).sub(base);
        for (const { layer, head: number } of strongest(effects, top, least)) {
          const from = `${layer}.${number}`;
          edges.push({ from, to, effect: effects.get(layer, number) });
          nodes.add(from);
          found.add(from);
        }
      }
      frontier = [...found].flatMap(name => [head(name).q, head(name).k, head(name).v]);
    }
    return facts(Graph, { nodes: Object.freeze([...nodes].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))), edges: Object.freeze(edges.map(Object.freeze)) });
  }
}
strict(Patching);

const strongestOf = (scores, count) => scores.filter(one => !Number.isNaN(one.score)).sort((a, b) => Math.abs(b.score) - Math.abs(a.score)).slice(0, count);

class AttributedNodes {
  /** The nodes of the largest scores, whatever their sign */
  top(count) {
    integer(count, "top's argument", { from: 1 });
    return strongestOf(this.scores.toArray().map((score, i) => ({ node: this.nodes[i], score })), count);
  }
}
strict(AttributedNodes);

class AttributedEdges {
  /** The edges of the largest scores, whatever their sign */
  top(count) {
    integer(count, "top's argument", { from: 1 });
    return strongestOf(this.scores.toArray().flatMap((row, i) => Array.from(row, (score, j) => ({ from: this.senders[i], to: this.receivers[j], score }))), count);
  }
}
strict(AttributedEdges);

class Linear {}
strict(Linear);

class Graph {}
strict(Graph);

/** The heads of the largest effects, whatever their sign, that reach `least`. */
const strongest = (effects, top, least) => effects.abs().toArray()
  .flatMap((row, layer) => row.map((size, head) => ({ layer, head, size })))
  .filter(one => one.size >= least && one.size > 0).sort((a, b) => b.size - a.size).slice(0, top);

/** Senders by name, and where the number of each belongs. */
function sendersOf(given, model, config) {
  const each = one => {
    if (one instanceof Heads) return headsIn(one, model);
    if (one instanceof Mlp) return layersIn(one, model);
    if (one === "embed") return [one];
    if (typeof one === "string") return each(heads(one));
    throw new TypeError(`a sender is heads(…), mlps(…) or "embed", not ${kindOf(one)}`);
  };
  const placed = (some, axes, sizes, places) => ({ senders: some.map(String), axes, sizes, places });
  if (given instanceof Heads || typeof given === "string" && given !== "embed") {
    const some = each(given);
    return placed(some, ["layer", "head"], [config.nLayers, config.nHeads], some.map(({ layer, head }) => layer * config.nHeads + head));
  }
  if (given instanceof Mlp) return placed(each(given), ["layer"], [config.nLayers], layerNumbers(given, model));
  const some = nonempty([given].flat(), "patching.path's senders").flatMap(each);
  return placed(some, ["sender"], [some.length], some.map((_, i) => i));
}

/** Receivers: heads' q, k and v and MLPs as Java targets, and whether the logits are one. */
function receiversOf(given) {
  const all = [given].flat();
  if (given === undefined || all.length === 0) throw new TypeError('patching.path needs receivers, as in [head("8.6").q, mlp(7), "logits"]');
  const inside = all.filter(one => one !== "logits");
  return { targets: inside.length === 0 ? [] : targets(inside, "patching.path's receivers"), logits: inside.length < all.length };
}

export const patching = new Patching();
