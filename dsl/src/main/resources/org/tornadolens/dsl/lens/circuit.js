// Circuit: named groups of heads and MLPs with edges between them, and how much of a model's behaviour they explain.
import { java, kindOf } from "./host.js";
import { chartOf, width } from "./chart.js";
import { json, nonempty, number, object, string } from "./checks.js";
import { printed } from "./format.js";
import { circuitStandsFor } from "./handles.js";
import { rangeError, typeError } from "./mistakes.js";
import { optional, options, required } from "./options.js";
import { AttributedEdges, AttributedNodes, comparison, experiment } from "./patching.js";
import { Heads, Mlp } from "./sites.js";
import { facts, strict } from "./strict.js";
import { Tensor, javaOf } from "./tensor.js";
import * as is from "./types.js";

const circuits = java("circuits");
const script = java("script");

const ablation = is.oneOf("mean", "resample");
const part = is.oneOf("node", "edge");

const evaluateOptions = options("EvaluateOptions", {
  ...comparison, ablate: optional(ablation, "mean"), by: optional(part, "node"),
});
const drawOptions = options("DrawOptions", { title: optional(is.string), width: optional(width) });

class Circuit {
  #java;
  #facts;

  constructor(java) {
    if (typeof java !== "object" || java === null) {
      throw typeError("new Circuit(…) is not for scripts; circuit(name, { nodes, edges }) makes one");
    }
    this.#java = java;
    circuitStandsFor(this, java);
    this.#facts = frozen(JSON.parse(circuits.json(java)));
  }

  get name() { return this.#facts.name; }

  get nodes() { return this.#facts.nodes; }

  get edges() { return this.#facts.edges; }

  evaluate(model, given) {
    const all = evaluateOptions(given, "evaluate");
    const { model: whole, circuit, faithfulness, completeness, minimality, without } = circuits.evaluate({
      circuit: this.#java, experiment: experiment(model, all, "evaluate"), ablate: all.ablate, by: all.by,
    });
    const names = Object.keys(this.nodes);
    const ofNodes = value => Object.freeze(Object.fromEntries(names.map(node => [node, value(node)])));
    return facts(CircuitEvaluation, {
      model: whole, circuit, faithfulness, completeness,
      minimality: ofNodes(node => minimality[node]),
      without: ofNodes(node => Object.freeze({ circuit: without[node][0], model: without[node][1] })),
    });
  }

  draw(given) {
    const { title = this.name, width } = drawOptions(given, "draw");
    return chartOf(circuits.draw(this.#java, { title, width: width?.width, pixels: width?.pixels }));
  }

  save(file) {
    const name = string(file, "the name of a circuit's file");
    script.save(name.endsWith(".json") ? name : `${name}.json`, JSON.stringify(this.#facts, undefined, 2) + "\n");
    return this;
  }

  toJSON() { return this.#facts; }

  toString() {
    const nodes = Object.entries(this.nodes).map(([node, members]) =>
      members.length === 1 && members[0] === node ? node : `${node} (${members.join(", ")})`);
    const edges = this.edges.map(({ from, to }) => `${from} → ${to}`);
    return `${this.name}: ${nodes.join(", ")}${edges.length > 0 ? `; ${edges.join(", ")}` : ""}`;
  }

  [printed]() { return this.toString(); }
}
strict(Circuit);

class CircuitEvaluation {}
strict(CircuitEvaluation);

const NODES = `circuit's nodes are heads and MLPs by name, as in { previous: "1.22", induction: ["6.9", "7.4"] }`;

const circuitOptions = options("CircuitOptions", {
  nodes: required(is.declared("Record<string, string | Head | Mlp | (string | Head | Mlp)[]>",
    nodes => object(nodes, NODES)), 'nodes, as in { previous: "1.22", induction: ["6.9", "7.4"] }'),
  edges: optional(is.declared(
    "([from: string, to: string] | { from: string; to: string; effect?: number })[]",
    (edges, what) => {
      if (Array.isArray(edges)) return edges;
      throw typeError(`${what} are an array, as in [["previous", "induction.k"]], not ${kindOf(edges)}`);
    }), () => []),
});

/** circuit("induction", { nodes: { previous: "1.22", induction: "6.9" }, edges: [["previous", "induction.k"]] }) */
export function circuit(name, given) {
  const { nodes, edges } = circuitOptions(given, "circuit");
  string(name, "a circuit's name");
  const names = Object.keys(nodes);
  return new Circuit(circuits.circuit({
    name,
    nodes: names.map(node => ({ name: node, members: members(nodes[node], node) })),
    edges: edges.map(edge => edgeOf(edge, names)),
  }));
}

circuit.load = file => {
  const text = circuits.read(string(file, "a circuit's file"));
  const { name, nodes, edges } = object(json(text, file), `a circuit's file, ${file}, holds { name, nodes, edges }`);
  return circuit(name, { nodes, edges });
};

const discoverOptions = options("DiscoverOptions", {
  ...comparison,
  threshold: optional(is.number),
  ablate: optional(ablation, "resample"),
  by: optional(part, "node"),
  mlps: optional(is.boolean),
  name: optional(is.string, "discovered circuit"),
});

circuit.discover = (model, given) => {
  const all = discoverOptions(given, "discover");
  const { by, threshold = by === "edge" ? 0.005 : 0.05, ablate, mlps, name } = all;
  if (by === "edge" && mlps !== undefined) {
    throw typeError(`discover's mlps goes with by: "node"; edges run between heads and MLPs alike`);
  }
  return new Circuit(circuits.discover(
    { name, experiment: experiment(model, all, "discover"), threshold, ablate, by, mlps: mlps ?? false }));
};

// the sizes of the benchmark of Mueller et al. (2025)
const SIZES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

const curveOptions = options("CurveOptions", {
  ...comparison,
  scores: required(is.declared("AttributedNodes | AttributedEdges | Tensor"),
    'scores of nodes or edges, as patching.attribution(…, { by: "edge" }) gives them, or of heads [layer, head]'),
  sizes: optional(is.declared("readonly number[]", sizesOf), SIZES),
  ablate: optional(ablation, "resample"),
});

/** circuit.curve(model, { clean, corrupted, metric, scores: patching.attribution(model, { …, by: "edge" }) }) */
circuit.curve = (model, given) => {
  const { scores, sizes, ablate, ...pair } = curveOptions(given, "circuit.curve");
  const { counts, metric, faithfulness, model: whole, none, cpr, cmd } = circuits.curve(
    { experiment: experiment(model, pair, "circuit.curve"), ...scored(scores), sizes, ablate });
  return facts(CircuitCurve, {
    sizes: Object.freeze([...sizes]), counts: Object.freeze(Array.from(counts)), metric: new Tensor(metric),
    faithfulness: new Tensor(faithfulness), model: whole, none, cpr, cmd,
  });
};

class CircuitCurve {}
strict(CircuitCurve);

/** Shares of all parts, increasing. */
function sizesOf(sizes, what) {
  const shares = nonempty(sizes, what).map(size => number(size, `a size in ${what}`));
  if (shares.every((size, i) => size >= 0 && size <= 1 && (i === 0 || size > shares[i - 1]))) return shares;
  throw rangeError(`${what} are increasing shares of all parts, from 0 to 1, as in [0.01, 0.1, 1], `
    + `not ${shares.join(", ")}`);
}

/** Names and scores for Java: of edges, of nodes, or of heads [layer, head]. */
function scored(scores) {
  if (scores instanceof AttributedEdges) {
    return { senders: scores.senders, receivers: scores.receivers, scores: javaOf(scores.scores) };
  }
  if (scores instanceof AttributedNodes) {
    return { senders: scores.nodes, receivers: [], scores: javaOf(scores.scores) };
  }
  if (scores instanceof Tensor && scores.axes.join() === "layer,head") {
    const [layers, count] = scores.shape;
    const names = Array.from({ length: layers * count }, (_, i) => `${Math.floor(i / count)}.${i % count}`);
    return { senders: names, receivers: [], scores: javaOf(scores.reshape({ node: layers * count })) };
  }
  throw typeError("circuit.curve's scores are what patching.attribution gives by node or by edge, or a Tensor "
    + `[layer, head], not ${scores instanceof Tensor ? `a Tensor [${scores.axes.join(", ")}]` : kindOf(scores)}`);
}

/** The names of a node's heads and MLPs, one by one. */
function members(given, node) {
  return [given].flat().flatMap(one => {
    const texts = one instanceof Heads || one instanceof Mlp ? String(one) : one;
    if (typeof texts !== "string") {
      throw typeError(`the node "${node}" takes heads, as in "1.22", and MLPs, as in mlp(3), not ${kindOf(one)}`);
    }
    return texts.split(",").map(text => text.trim()).map(text => {
      if (/^(\d{1,6}\.\d{1,6}|mlp[ (]\d{1,6}\)?)$/.test(text)) return text;
      throw rangeError(`the node "${node}" names its heads and MLPs one by one, `
        + `as in "1.22" and "mlp 3", not ${kindOf(text)}`);
    });
  });
}

/** An edge for Java of [from, to] or { from, to, effect }. "induction.k" stands for the keys of the node induction. */
function edgeOf(edge, nodes) {
  const [from, to, effect] = Array.isArray(edge) ? edge : [edge?.from, edge?.to, edge?.effect];
  if (typeof from !== "string" || typeof to !== "string") {
    throw typeError(`an edge of a circuit is [from, to], as in ["previous", "induction.k"], not ${kindOf(edge)}`);
  }
  if (effect !== undefined) number(effect, "an edge's effect");
  const [, node, kind] = /^(.*)\.([qkv])$/.exec(to) ?? [];
  const known = Number.isNaN(effect) ? undefined : effect;
  if (node === undefined || nodes.includes(to)) return { from, to, kind: null, effect: known };
  return { from, to: node, kind, effect: known };
}

function frozen(value) {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
