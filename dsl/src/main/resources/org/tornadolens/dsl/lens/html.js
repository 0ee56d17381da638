// Pages to look at in a browser, each one self-contained file.
import { java, kindOf, nearest } from "./host.js";
import { LogitLens } from "./analysis.js";
import { isList, object, string } from "./checks.js";
import { part, printed } from "./format.js";
import { javaRun } from "./handles.js";
import { rangeError, typeError } from "./mistakes.js";
import { optional, options } from "./options.js";
import { Heads, heads as headsOf } from "./sites.js";
import { strict } from "./strict.js";
import { Tensor, javaOf, tensor } from "./tensor.js";
import * as is from "./types.js";

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

  [part](reports) { return reports.page(this.#java); }
}
strict(Page);

const title = otherwise => optional(is.string, otherwise);

const attentionOptions = options("AttentionOptions", {
  layers: optional(is.declared("number | string | number[]",
    layers => Array.isArray(layers) ? layers.join(", ") : String(layers))),
  heads: optional(is.declared("Heads | string | Head[]", (heads, what) => {
    if (heads instanceof Heads) return heads;
    if (typeof heads === "string" || Array.isArray(heads)) return headsOf(heads);
    throw typeError(`${what} are heads, as in heads("1.*"), not ${kindOf(heads)}`);
  }), () => headsOf()),
  row: optional(is.integer, 0),
  title: title("Attention"),
});

const tokensPageOptions = options("TokensPageOptions", { title: title("Tokens") });

const linksOptions = options("LinksOptions", {
  threshold: optional(is.number, 0.3), ignore: optional(is.integers, () => []), title: title("Links"),
});

const lensPageOptions = options("LensPageOptions", { row: optional(is.integerFrom(0), 0), title: title("Logit lens") });

const zoomableOptions = options("ZoomableOptions", {
  labels: optional(is.declared("{ [axis: string]: string[] }",
    labels => object(labels, "html.heatmap takes labels by axis, as in { from: names }")), () => ({})),
  lines: optional(is.integerFrom(0), 0),
  title: title("Heat map"),
});

class Html {
  /** html.attention(run, { layers: "0-5", heads: heads("1.*"), row, title }) */
  attention(run, given) {
    const { layers, heads, row, title } = attentionOptions(given, "html.attention");
    const java = javaRun(run, "html.attention's first argument");
    return new Page(pages.attention({ run: java, layers, heads: String(heads), row, title }));
  }

  /** html.tokens(pieces, numbers) or html.tokens(pieces, { name: numbers, … }) */
  tokens(pieces, values, given) {
    const { title } = tokensPageOptions(given, "html.tokens");
    const named = values instanceof Tensor || isList(values) ? { value: values }
      : object(values, "html.tokens takes numbers, one for each piece, or { name: numbers, … }");
    const numbers = Object.entries(named).map(([name, value]) => [name,
      javaOf(value instanceof Tensor ? value : tensor(value, "pos"), "html.tokens's values")]);
    return new Page(pages.tokens(
      { pieces: words(pieces, "html.tokens"), series: Object.fromEntries(numbers), title }));
  }

  /** html.links(pieces, pattern, { threshold: 0.3, ignore: [0] }) */
  links(pieces, weights, given) {
    const { threshold, ignore, title } = linksOptions(given, "html.links");
    const java = javaOf(weights, "html.links's second argument, the weights [dest, src],");
    return new Page(pages.links({ pieces: words(pieces, "html.links"), weights: java, threshold, ignore, title }));
  }

  /** html.logitLens(logitLens(run)) */
  logitLens(lens, given) {
    const { row, title } = lensPageOptions(given, "html.logitLens");
    if (!(lens instanceof LogitLens)) {
      throw typeError(`html.logitLens takes a logit lens, as logitLens(run) gives it, not ${kindOf(lens)}`);
    }
    const rows = lens.positions.length;
    if (row >= rows) throw rangeError(`html.logitLens: there is no row ${row}; this lens has ${rows}`);
    return new Page(pages.logitLens({
      layers: lens.layers, positions: lens.positions[row], pieces: lens.pieces[row],
      probabilities: javaOf(lens.probabilities.at({ batch: row })), title,
    }));
  }

  /** html.heatmap(table, { labels: { from: names, to: names }, lines: 32 }) */
  heatmap(values, given) {
    const { labels, lines, title } = zoomableOptions(given, "html.heatmap");
    const java = javaOf(values, "html.heatmap's first argument");
    for (const axis of Object.keys(labels)) {
      if (!values.axes.includes(axis)) throw typeError(`html.heatmap: ${nearest("axis", axis, values.axes)}`);
    }
    const labelsOf = (axis, size) => labels[axis] === undefined ? Array.from({ length: size }, (_, at) => String(at))
      : words(labels[axis], "html.heatmap's labels");
    const [rows = [], columns = []] = values.axes.map((axis, i) => labelsOf(axis, values.shape[i]));
    return new Page(pages.heatmap({ values: java, rows, columns, lines, title }));
  }
}
strict(Html);

export const html = Object.freeze(new Html());

function words(pieces, where) {
  if (!Array.isArray(pieces)) {
    throw typeError(`${where} takes the pieces of a text, as in model.pieces(model.tokens(text))[0], `
      + `not ${kindOf(pieces)}`);
  }
  return pieces.map(piece => string(piece, `each piece given to ${where}`));
}
