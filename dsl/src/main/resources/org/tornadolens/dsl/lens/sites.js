// Sites: heads, layers, MLPs and values by name. A name is resolved when a model meets it.
import { java, kindOf } from "./host.js";
import { integer, string } from "./checks.js";
import { printed } from "./format.js";
import { rangeError, typeError } from "./mistakes.js";
import { strict } from "./strict.js";

const sites = java("sites");

/** Defines a getter on a class, for a name from the engine's table of hook points. */
function getter(type, name, get) {
  Object.defineProperty(type.prototype, name, { get() { return get(this); }, configurable: true });
}

let parts;      // of a Site: its Java targets

const everything = { rows: null, positions: null, columns: null };    // each an array of numbers, or null for all

/** One value, or that of several heads or layers, possibly narrowed to some rows, positions, sources or neurons. */
class Site {
  #make;        // (part: rows, positions and columns as in `everything`) => Java targets
  #text;
  #part;

  static { parts = site => site.#make(site.#part); }

  constructor(make, text, part = everything) {
    if (typeof make !== "function") {
      throw typeError("new Site(…) is not for scripts; use site(name), head(…), layer(…), mlp(…) or resid(…)");
    }
    this.#make = make;
    this.#text = text;
    this.#part = part;
  }

  #narrowed(method, axis, numbers, what, from) {
    const list = numbers.flat().map(n => integer(n, what, from));
    if (list.length === 0) throw rangeError(`${this}.${method}() names no ${what.replace(/^an? /, "")}`);
    return new Site(this.#make, `${this.#text}.${method}(${list.join(", ")})`, { ...this.#part, [axis]: list });
  }

  at(...positions) { return this.#narrowed("at", "positions", positions, "a position"); }
  rows(...rows) { return this.#narrowed("rows", "rows", rows, "a row", { from: 0 }); }
  neurons(...neurons) { return this.#narrowed("neurons", "columns", neurons, "a neuron", { from: 0 }); }

  from(...sources) {
    if (!this.#make(everything).every(target => sites.hasSources(target))) {
      throw typeError(`only a pattern and its scores have sources; ${this}.from(…) names none`);
    }
    return this.#narrowed("from", "columns", sources, "a source position");
  }

  toString() { return this.#text; }

  toJSON() { return this.toString(); }

  [printed]() { return this.toString(); }
}
strict(Site);

let weightsOf;   // of a WeightPart: its kind, the Java selector of heads or layers, and the neurons if any are named

/** The weights of heads' circuits, or of neurons: what edit.scale and edit.zero change. */
class WeightPart {
  #part;
  #text;

  static { weightsOf = part => part.#part; }

  constructor(part, text) {
    if (typeof text !== "string") {
      throw typeError("new WeightPart(…) is not for scripts; "
        + "use head(…).OV, head(…).QK, mlp(…) or mlp(…).neurons(…)");
    }
    this.#part = part;
    this.#text = text;
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(WeightPart);

let headsIn;    // (heads, Java model) => the heads that the model has of those named, in order

class Heads {
  #java;
  #text;

  static {
    headsIn = (heads, model) => Array.from(sites.headsIn(heads.#java, model), ([layer, head]) => new Head(layer, head));
    for (const name of sites.members("heads")) getter(Heads, name, heads => heads.#site(name));
  }

  constructor(text) {
    this.#java = sites.heads(text);
    this.#text = text;
  }

  get OV() { return new WeightPart({ kind: "OV", selector: this.#java }, `${this}.OV`); }

  get QK() { return new WeightPart({ kind: "QK", selector: this.#java }, `${this}.QK`); }

  #site(name) {
    return new Site(part => [sites.ofHeads({ heads: this.#java, member: name, ...part })], `${this}.${name}`);
  }

  toString() { return this.#text; }

  toJSON() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Heads);

class Head extends Heads {
  constructor(layer, head) {
    super(`${layer}.${head}`);
    Object.defineProperty(this, "layer", { value: layer, enumerable: true });
    Object.defineProperty(this, "head", { value: head, enumerable: true });
  }
}

/** A site in each layer of a selector: the values called `names` of the owner "layer", "mlp" or "residual". */
function layerSite(layers, owner, names, text) {
  return new Site(part => Array.from(names, member => sites.ofLayers({ layers, owner, member, ...part })), text);
}

let wholeLayer;
let layersIn;   // (layers or MLPs, Java model) => those that the model has of those named, one by one

class Layer {
  #java;
  #text;

  static {
    layersIn = (named, model) => {
      if (!(named instanceof Layer)) return mlpsIn(named, model);
      return Array.from(sites.layersIn(named.#java, model), layer);
    };
    wholeLayer = layer => layerSite(layer.#java, "layer", sites.members("layer"), `${layer}`);
    for (const name of sites.members("layer")) {
      getter(Layer, name, layer => layerSite(layer.#java, "layer", [name], `${layer}.${name}`));
    }
  }

  constructor(java, text) { this.#java = java; this.#text = text; }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Layer);

let wholeMlp;
let mlpsIn;
let layerNumbers;   // (MLPs, Java model) => the numbers of their layers

class Mlp {
  #java;
  #text;

  static {
    mlpsIn = (named, model) => Array.from(sites.layersIn(named.#java, model), mlp);
    for (const name of sites.members("mlp")) {
      getter(Mlp, name, mlp => layerSite(mlp.#java, "mlp", [name], `${mlp}.${name}`));
    }
    layerNumbers = (mlps, model) => Array.from(sites.layersIn(mlps.#java, model));
    wholeMlp = mlp => new WeightPart({ kind: "neurons", selector: mlp.#java, neurons: null }, `${mlp}`);
  }

  constructor(java, text) { this.#java = java; this.#text = text; }

  neurons(...neurons) {
    const list = neurons.flat().map(n => integer(n, "a neuron", { from: 0 }));
    if (list.length === 0) throw rangeError(`${this}.neurons() names no neuron`);
    return new WeightPart({ kind: "neurons", selector: this.#java, neurons: list },
      `${this}.neurons(${list.join(", ")})`);
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Mlp);

class Residual {
  #java;
  #text;

  static {
    for (const name of sites.members("residual")) {
      getter(Residual, name, resid => layerSite(resid.#java, "residual", [name], `${resid}.${name}`));
    }
  }

  constructor(java, text) { this.#java = java; this.#text = text; }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Residual);

// ---- what scripts call

/** head("10.29") or head(10, 29) */
export function head(layer, number) {
  if (typeof layer === "string" && number === undefined) {
    const one = /^\s*(\d{1,6})\.(\d{1,6})\s*$/.exec(layer);
    if (!one) {
      throw rangeError(`head takes one head, as in "10.29" or (10, 29), not ${kindOf(layer)}; `
        + "heads(…) takes several");
    }
    return new Head(Number(one[1]), Number(one[2]));
  }
  return new Head(integer(layer, "a head's layer", { from: 0 }), integer(number, "a head's number", { from: 0 }));
}

/** heads("1.*, 5.15, 8-11.0"); all without a name */
export function heads(text = "*.*") {
  if (Array.isArray(text)) text = text.map(String).join(", ");
  return new Heads(string(text, "heads's argument"));
}

export function layer(number) { return layers(integer(number, "a layer", { from: 0 })); }

export function layers(selector = "*") { return new Layer(sites.layers(String(selector)), named("layer", selector)); }

export function mlp(number) { return mlps(integer(number, "an MLP's layer", { from: 0 })); }

export function mlps(selector = "*") { return new Mlp(sites.layers(String(selector)), named("mlp", selector)); }

export function resid(selector) {
  if (typeof selector !== "string") integer(selector, "a residual stream's layer", { from: 0 });
  return new Residual(sites.layers(String(selector)), named("resid", selector));
}

const named = (kind, selector) => `${kind}(${typeof selector === "string" ? JSON.stringify(selector) : selector})`;

/** site("blocks.7.hook_resid_pre"): any hook name, wildcards allowed */
export function site(name) {
  return new Site(part => [sites.named({ pattern: name, ...part })], string(name, "a hook name"));
}

// ---- for the module's other files

/**
 * The Java targets of what a script names as the place of an intervention or as a value to keep: a Site, heads (their
 * z), a layer (what attention and MLP write), an MLP (its output), a hook name, "10.29", or an array of these.
 */
export function targets(named, where) {
  if (Array.isArray(named)) {
    if (named.length === 0) throw rangeError(`${where} is an empty array`);
    return named.flatMap(one => targets(one, where));
  }
  if (typeof named === "string") {
    const isHeads = /^[\d*][\d\s*.,-]*$/.test(named) && named !== "*";
    return parts(isHeads ? heads(named).z : site(named));
  }
  if (named instanceof Site) return parts(named);
  if (named instanceof Heads) return parts(named.z);
  if (named instanceof Layer) return parts(wholeLayer(named));
  if (named instanceof Mlp) return parts(named.out);
  if (named instanceof Residual) throw typeError(`${where} names ${named}; say which: ${named}.pre, .mid or .post`);
  throw typeError(`${where} is a head, a layer, an MLP, a site or a hook name, not ${kindOf(named)}`);
}

/** The weights that a script names as those to change. */
export function weightPart(named, where) {
  if (named instanceof WeightPart) return weightsOf(named);
  if (named instanceof Mlp) return weightsOf(wholeMlp(named));
  throw typeError(`${where} is head(…).OV, head(…).QK, mlp(…) or mlp(…).neurons(…), not ${kindOf(named)}`);
}

export { Head, Heads, Layer, Mlp, headsIn, layerNumbers, layersIn };
