// Circuits: heads and MLPs under the names that a paper gives them, and how much of a model's behaviour they explain.
import { java, kindOf, oneOf, options } from "./host.js";
import { printed } from "./format.js";
import { chartOf } from "./chart.js";
import { boolean, facts, integer, number, object, strict, string } from "./strict.js";
import { javaModel } from "./model.js";
import { experiment } from "./patching.js";
import { Heads, Mlp } from "./sites.js";

const graphs = java("graphs");
const run = java("run");

class Circuit {
  #java;
  #facts;

  constructor(java) {
    if (typeof java !== "object" || java === null) throw new TypeError("new Circuit(…) is not for scripts; circuit(name, { nodes, edges }) makes one");
    this.#java = java;
    this.#facts = frozen(JSON.parse(graphs.json(java)));
  }

  get name() { return this.#facts.name; }

  get nodes() { return this.#facts.nodes; }

  get edges() { return this.#facts.edges; }

  evaluate(model, given) {
    const { ablate = "mean", by = "node", ...rest } = options(given, ["clean", "corrupted", "metric", "ablate", "by"], "evaluate");
    const found = graphs.evaluate(this.#java, ...experiment(model, rest, "evaluate"), oneOf(ablate, ["mean", "resample"], "evaluate's ablate"), oneOf(by, ["node", "edge"], "evaluate's by") === "edge");
    const { model: whole, circuit, faithfulness, completeness } = found;
    const without = Object.fromEntries(Object.keys(this.nodes).map(node => [node, Object.freeze({ circuit: found.without[node][0], model: found.without[node][1] })]));
    return facts(CircuitEvaluation, { model: whole, circuit, faithfulness, completeness,
      minimality: Object.freeze(Object.fromEntries(Object.keys(this.nodes).map(node => [node, found.minimality[node]]))), without: Object.freeze(without) });
  }

  draw(given) {
    const { title = this.name } = options(given, ["title"], "draw");
    return chartOf(graphs.draw(this.#java, string(title, "draw's title")));
  }

  save(file) {
    const name = string(file, "the name of a circuit's file");
    run.save(name.endsWith(".json") ? name : `${name}.json`, JSON.stringify(this.#facts, undefined, 2) + "\n");
    return this;
  }

  toJSON() { return this.#facts; }

  toString() {
    const edges = this.edges.map(({ from, to }) => `${from} → ${to}`);
    return `${this.name}: ${Object.entries(this.nodes).map(([node, members]) => members.length === 1 && members[0] === node ? node : `${node} (${members.join(", ")})`).join(", ")}${edges.length > 0 ? `; ${edges.join(", ")}` : ""}`;
  }

  [printed]() { return this.toString(); }
}
strict(Circuit);

class CircuitEvaluation {}
strict(CircuitEvaluation);

/** circuit("induction", { nodes: { previous: "1.22", induction: ["6.9", "7.4"] }, edges: [["previous", "induction.k"], ["induction", "logits"]] }) */
export function circuit(name, given) {
  const { nodes, edges = [] } = options(given, ["nodes", "edges"], "circuit");
  object(nodes, `circuit's nodes are heads and MLPs by name, as in { previous: "1.22", induction: ["6.9", "7.4"] }`);
  if (!Array.isArray(edges)) throw new TypeError(`circuit's edges are an array, as in [["previous", "induction.k"]], not ${kindOf(edges)}`);
  const names = Object.keys(nodes), ends = edges.map(edge => ended(edge, names));
  return new Circuit(graphs.circuit(string(name, "a circuit's name"), names, names.map(node => members(nodes[node], node)),
    ends.map(end => end.from), ends.map(end => end.to), ends.map(end => end.kind), ends.map(end => end.effect)));
}

circuit.load = file => {
  const { name, nodes, edges } = JSON.parse(graphs.read(string(file, "a circuit's file")));
  return circuit(name, { nodes, edges });
};

circuit.discover = (model, given) => {
  const { by = "node", threshold = by === "edge" ? 0.005 : 0.05, ablate = "resample", mlps, name = "discovered circuit", ...rest } =
    options(given, ["clean", "corrupted", "metric", "threshold", "ablate", "by", "mlps", "name"], "discover");
  const search = [string(name, "discover's name"), ...experiment(model, rest, "discover"), number(threshold, "discover's threshold"), oneOf(ablate, ["mean", "resample"], "discover's ablate")];
  if (oneOf(by, ["node", "edge"], "discover's by") === "node") return new Circuit(graphs.discover(...search, boolean(mlps ?? false, "discover's mlps")));
  if (mlps !== undefined) throw new TypeError(`discover's mlps goes with by: "node"; edges run between heads and MLPs alike`);
  return new Circuit(graphs.discoverEdges(...search));
};

/** The names of a node's heads and MLPs, one by one. */
function members(given, node) {
  return [given].flat().flatMap(one => {
    const texts = one instanceof Heads || one instanceof Mlp ? String(one) : one;
    if (typeof texts !== "string") throw new TypeError(`the node "${node}" takes heads, as in "1.22", and MLPs, as in mlp(3), not ${kindOf(one)}`);
    return texts.split(",").map(text => text.trim()).map(text => {
      if (/^(\d{1,6}\.\d{1,6}|mlp[ (]\d{1,6}\)?)$/.test(text)) return text;
      throw new RangeError(`the node "${node}" names its heads and MLPs one by one, as in "1.22" and "mlp 3", not ${kindOf(text)}`);
    });
  });
}

/** [from, to] or { from, to, effect }; `induction.k` is what the heads of induction read as keys. */
function ended(edge, nodes) {
  const [from, to, effect] = Array.isArray(edge) ? edge : [edge?.from, edge?.to, edge?.effect];
  if (typeof from !== "string" || typeof to !== "string") throw new TypeError(`an edge of a circuit is [from, to], as in ["previous", "induction.k"], not ${kindOf(edge)}`);
  const kind = /^(.*)\.([qkv])$/.exec(to);
  const at = kind && !nodes.includes(to) ? { to: kind[1], kind: kind[2] } : { to, kind: "" };
  return { from, ...at, effect: effect === undefined ? NaN : number(effect, "an edge's effect") };
}

function frozen(value) {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
