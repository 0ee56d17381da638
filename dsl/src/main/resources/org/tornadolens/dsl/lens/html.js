// Pages to look at in a browser, each one self-contained file.
import { java, kindOf, nearest } from "./host.js";
import { LogitLens } from "./analysis.js";
import { isList, object, string } from "./checks.js";
import { part, printed } from "./format.js";
import { javaCircuit, javaRun, topOf } from "./handles.js";
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
  row: optional(is.integers),
  scores: optional(is.declared("{ [name: string]: Tensor }",
    scores => object(scores, "html.attention takes scores by name, as in { induction: scores.induction(model) }")),
    () => ({})),
  title: title("Attention"),
});

const columnsOf = is.declared("(Target | [Target, number])[]", (columns, what) => {
  if (Array.isArray(columns) && columns.length > 0) return columns;
  throw typeError(`${what} are neurons, heads or directions, as in [[mlp(3).post, 17], head("1.2")], `
    + `not ${kindOf(columns)}`);
});

const examplesOptions = options("ExamplesOptions", {
  of: optional(columnsOf),
  most: optional(is.integerFrom(1), 50),
  tokens: optional(is.integerFrom(0), 8),
  title: title("Examples"),
});

const tokensPageOptions = options("TokensPageOptions", { title: title("Tokens") });

const linksOptions = options("LinksOptions", {
  threshold: optional(is.number, 0.3), ignore: optional(is.integers, () => []), title: title("Links"),
});

const lensPageOptions = options("LensPageOptions", { row: optional(is.integerFrom(0), 0), title: title("Logit lens") });

const ofCell = is.declared("(cell: { [axis: string]: number }) => string | undefined", (ofCell, what) => {
  if (typeof ofCell === "function") return ofCell;
  throw typeError(
    `${what} is a function that gets a cell, as { layer: 1, head: 2, value: 0.5 }, not ${kindOf(ofCell)}`);
});

const zoomableOptions = options("ZoomableOptions", {
  labels: optional(is.declared("{ [axis: string]: string[] }",
    labels => object(labels, "html.heatmap takes labels by axis, as in { from: names }")), () => ({})),
  lines: optional(is.integerFrom(0), 0),
  example: optional(ofCell),
  link: optional(ofCell),
  title: title("Heat map"),
});

const circuitPageOptions = options("CircuitPageOptions", { title: optional(is.string) });

class Html {
  /** html.attention(run, { layers: "0-5", heads: heads("1.*"), row, scores, title }); { name: run, … } for several */
  attention(given, options) {
    const { layers, heads, row, scores, title } = attentionOptions(options, "html.attention");
    const named = isPlain(given) ? Object.entries(given) : [["", given]];
    if (named.length === 0) throw typeError("html.attention takes a run, or { name: run, … }, not an empty object");
    const runs = named.map(([name, run]) => ({
      name, run: javaRun(run, name === "" ? "html.attention's first argument" : `html.attention's run "${name}"`),
      rows: row ?? Array.from({ length: run.tokens.shape[0] }, (_, at) => at),
    }));
    const numbers = Object.entries(scores).map(
      ([name, score]) => [name, javaOf(score, `html.attention's score "${name}"`)]);
    return new Page(pages.attention(
      { runs, layers, heads: String(heads), scores: Object.fromEntries(numbers), title }));
  }

  /** html.examples(found.most), html.examples(found.most, { of: [[mlp(3).post, 17]], tokens: 8 }) */
  examples(top, given) {
    const { of, most, tokens, title } = examplesOptions(given, "html.examples");
    const { found, model, column, largest } = topOf(top, "html.examples's first argument");
    const named = one => Array.isArray(one) && typeof one[1] === "number" ? column(one[0], one[1]) : column(one);
    const columns = of === undefined ? largest(most) : of.map(named);
    return new Page(pages.examples({ found, model, columns, tokens, title }));
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
    const { labels, lines, example, link, title } = zoomableOptions(given, "html.heatmap");
    const java = javaOf(values, "html.heatmap's first argument");
    for (const axis of Object.keys(labels)) {
      if (!values.axes.includes(axis)) throw typeError(`html.heatmap: ${nearest("axis", axis, values.axes)}`);
    }
    const labelsOf = (axis, size) => labels[axis] === undefined ? Array.from({ length: size }, (_, at) => String(at))
      : words(labels[axis], "html.heatmap's labels");
    const [rows = [], columns = []] = values.axes.map((axis, i) => labelsOf(axis, values.shape[i]));
    return new Page(pages.heatmap({
      values: java, rows, columns, lines, title,
      examples: textsOfCells(values, example, "example"), links: textsOfCells(values, link, "link"),
    }));
  }

  /** html.circuit(circuit) */
  circuit(circuit, given) {
    const java = javaCircuit(circuit, "html.circuit's first argument");
    const { title = circuit.name } = circuitPageOptions(given, "html.circuit");
    return new Page(pages.circuit({ circuit: java, title }));
  }
}
strict(Html);

export const html = Object.freeze(new Html());

const isPlain = value => typeof value === "object" && value !== null
  && Object.getPrototypeOf(value) === Object.prototype;

/** What a function says of each cell of a table; nothing where it returns undefined. */
function textsOfCells(values, ofCell, what) {
  if (ofCell === undefined || values.axes.length !== 2) return [];
  const [[rowAxis, columnAxis], [height, width], all, texts] = [values.axes, values.shape, values.toArray(), []];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const text = ofCell({ [rowAxis]: row, [columnAxis]: column, value: all[row][column] });
      if (text === undefined || text === null) continue;
      texts.push({ cell: row * width + column, text: string(text, `what html.heatmap's ${what} returns`) });
    }
  }
  return texts;
}

function words(pieces, where) {
  if (!Array.isArray(pieces)) {
    throw typeError(`${where} takes the pieces of a text, as in model.pieces(model.tokens(text))[0], `
      + `not ${kindOf(pieces)}`);
  }
  return pieces.map(piece => string(piece, `each piece given to ${where}`));
}
