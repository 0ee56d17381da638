// Pages to look at in a browser: one self-contained file each.
import { java, kindOf, nearest, options } from "./host.js";
import { printed } from "./format.js";
import { integer, integers, number, object, strict, string } from "./strict.js";
import { Heads, heads as headsOf } from "./sites.js";
import { Tensor, javaOf, tensor } from "./tensor.js";
import { javaRun } from "./handles.js";
import { LogitLens } from "./analysis.js";

const pages = java("html");

class Page {
  #java;

  constructor(java) { this.#java = java; }

  save(name) {
    pages.save(this.#java, string(name, "the name of a page's file"));
    return this;
  }

  toString() { return pages.describe(this.#java); }

  [printed]() { return this.toString(); }
}
strict(Page);

class Html {
  /** html.attention(run, { layers: "0-5", heads: heads("1.*"), row, title }) */
  attention(run, given) {
    const { layers, heads = headsOf(), row = 0, title = "Attention" } = options(given, ["layers", "heads", "row", "title"], "attention");
    const selector = Array.isArray(layers) ? layers.join(", ") : layers;
    if (!(heads instanceof Heads) && typeof heads !== "string" && !Array.isArray(heads)) throw new TypeError(`html.attention's heads are heads, as in heads("1.*"), not ${kindOf(heads)}`);
    return new Page(pages.attention(javaRun(run, "html.attention's first argument"), selector === undefined ? null : String(selector),
      String(heads instanceof Heads ? heads : headsOf(heads)), integer(row, "html.attention's row"), string(title, "html.attention's title")));
  }

  /** html.tokens(pieces, numbers) or html.tokens(pieces, { name: numbers, … }) */
  tokens(pieces, values, given) {
    const { title = "Tokens" } = options(given, ["title"], "tokensPage");
    const numbers = (value, what) => javaOf(value instanceof Tensor ? value : tensor(value, "pos"), what);
    const several = !(values instanceof Tensor) && !Array.isArray(values) && !ArrayBuffer.isView(values);
    const named = several ? object(values, "html.tokens takes numbers, one for each piece, or { name: numbers, … }") : { value: values };
    return new Page(pages.tokens(words(pieces, "html.tokens"), Object.keys(named), Object.values(named).map(value => numbers(value, "html.tokens's values")), string(title, "html.tokens's title")));
  }

  /** html.links(pieces, pattern, { threshold: 0.3, ignore: [0] }) */
  links(pieces, weights, given) {
    const { threshold = 0.3, ignore = [], title = "Links" } = options(given, ["threshold", "ignore", "title"], "links");
    return new Page(pages.links(words(pieces, "html.links"), javaOf(weights, "html.links's second argument, the weights [dest, src],"), number(threshold, "html.links's threshold"),
      integers(ignore, "a position in html.links's ignore"), string(title, "html.links's title")));
  }

  /** html.logitLens(logitLens(run)) */
  logitLens(lens, given) {
    const { row = 0, title = "Logit lens" } = options(given, ["row", "title"], "lensPage");
    if (!(lens instanceof LogitLens)) throw new TypeError(`html.logitLens takes a logit lens, as logitLens(run) gives it, not ${kindOf(lens)}`);
    if (integer(row, "html.logitLens's row", { from: 0 }) >= lens.positions.length) throw new RangeError(`html.logitLens: there is no row ${row}; this lens has ${lens.positions.length}`);
    const probabilities = lens.probabilities.at({ batch: row });
    return new Page(pages.logitLens(lens.layers, lens.positions[row], lens.pieces[row], javaOf(probabilities, "a lens's probabilities"), string(title, "html.logitLens's title")));
  }

  /** html.heatmap(table, { labels: { from: names, to: names }, lines: 32 }) */
  heatmap(values, given) {
    const { labels = {}, lines = 0, title = "Heat map" } = options(given, ["labels", "lines", "title"], "zoomable");
    const java = javaOf(values, "html.heatmap's first argument");
    object(labels, "html.heatmap takes labels by axis, as in { from: names }");
    for (const axis of Object.keys(labels)) if (!values.axes.includes(axis)) throw new TypeError(`html.heatmap: ${nearest("axis", axis, values.axes)}`);
    const named = values.axes.map((axis, i) => labels[axis] === undefined ? Array.from({ length: values.shape[i] }, (_, at) => String(at)) : words(labels[axis], "html.heatmap's labels"));
    return new Page(pages.heatmap(java, named[0] ?? [], named[1] ?? [], integer(lines, "html.heatmap's lines", { from: 0 }), string(title, "html.heatmap's title")));
  }
}
strict(Html);

export const html = Object.freeze(new Html());

function words(pieces, where) {
  if (!Array.isArray(pieces)) throw new TypeError(`${where} takes the pieces of a text, as in model.pieces(model.tokens(text))[0], not ${kindOf(pieces)}`);
  return pieces.map(piece => string(piece, `each piece given to ${where}`));
}
