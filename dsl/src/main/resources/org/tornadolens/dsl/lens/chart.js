// Charts: pictures of tensors and arrays, saved into the run's folder.
import { java, kindOf } from "./host.js";
import { integer, isList, number, object, oneOf, string, words } from "./checks.js";
import { part, printed } from "./format.js";
import { rangeError, typeError } from "./mistakes.js";
import { optional, options } from "./options.js";
import { strict } from "./strict.js";
import { Tensor, javaOf as javaTensor } from "./tensor.js";
import * as is from "./types.js";

const charts = java("charts");

let javaOf;

class Chart {
  #java;

  static { javaOf = (chart, what) => {
    if (typeof chart === "object" && chart !== null && #java in chart) return chart.#java;
    throw typeError(`${what} is a chart, as chart.heatmap(…) gives, not ${kindOf(chart)}`);
  }; }

  constructor(java) { this.#java = java; }

  save(name) {
    charts.save(this.#java, string(name, "the name of a chart's file"));
    return this;
  }

  toString() { return charts.describe(this.#java); }

  [printed]() { return this.toString(); }

  [part](reports) { return reports.chart(this.#java); }
}
strict(Chart);

/** A chart that another file of the module has drawn. */
export const chartOf = java => new Chart(java);

// ---- options

/** Labels as an array, or as arrays by axis: { all } or { byAxis } for Java. */
const labels = is.declared("Labels", (given, what) => {
  if (Array.isArray(given)) return { all: words(given, what), byAxis: {} };
  object(given, `${what} are an array, or arrays by axis, as in { src: pieces }`);
  const byAxis = Object.entries(given).map(([axis, of]) => [axis, words(of, `${what} of ${axis}`)]);
  return { all: null, byAxis: Object.fromEntries(byAxis) };
});

const ends = (given, what) => {
  if (!Array.isArray(given) || given.length !== 2) throw typeError(`${what} is [lo, hi], not ${kindOf(given)}`);
  return given.map(end => number(end, `an end of ${what}`));
};
const range = is.declared("[number, number]", ends);

/** The ends of a colour bar: { ends } or { robust } for Java. */
const colorRange = is.declared('[number, number] | "robust"', (given, what) => {
  if (given === "robust") return { robust: true };
  if (!Array.isArray(given)) throw typeError(`${what} is [lo, hi] or "robust", not ${kindOf(given)}`);
  return { ends: ends(given, what) };
});

/** A width for Java: { width } in words or { pixels }. */
export const width = is.declared("FigureWidth", (given, what) => {
  if (typeof given === "number") return { pixels: integer(given, what, { from: 1 }) };
  return { width: string(given, `${what} in words, as in "column" or "4in",`) };
});

/** Half the lengths of error bars, or { lower, upper }: their ends. Becomes lists, one for each series. */
const errors = is.declared("Numbers | NamedNumbers | Interval", (given, what) => {
  if (given instanceof Tensor || isList(given)) return { lower: bySeries(given, what), upper: [] };
  object(given, `${what} are a Tensor, an array of numbers, an object of them by name, or { lower, upper }`);
  if (Object.keys(given).sort().join() !== "lower,upper") return { lower: bySeries(given, what), upper: [] };
  return { lower: bySeries(given.lower, `${what}.lower`), upper: bySeries(given.upper, `${what}.upper`) };
});

function bySeries(given, what) {
  const named = given instanceof Tensor || isList(given) ? { [what]: given }
    : object(given, `${what} are a Tensor, an array of numbers, or an object of them by name`);
  return Object.entries(named).map(([name, numbers]) => values(numbers, name));
}

const lineStyles = ["solid", "dashed", "dotted", "dash-dot"];

/** The style of all lines, or styles by the name of the series. */
const styles = is.declared("LineStyle | { [series: string]: LineStyle }", (given, what) => {
  if (typeof given === "string") return { "": oneOf(given, lineStyles, what) };
  object(given, `${what} is one of ${lineStyles.join(", ")}, or an object of them by the series' names`);
  return Object.fromEntries(Object.entries(given).map(([name, style]) =>
    [name, oneOf(style, lineStyles, `${what} of ${name}`)]));
});

const referenceOptions = options("Reference", {
  x: optional(is.number), y: optional(is.number), label: optional(is.string),
  style: optional(is.oneOf(...lineStyles), "dashed"),
});

/** One reference line or several, for Java: y = x has neither x nor y. */
const reference = is.declared('"y=x" | Reference | ("y=x" | Reference)[]', (given, what) =>
  (Array.isArray(given) ? given : [given]).map(line => {
    if (line === "y=x") return { label: "y = x", style: "dashed" };
    if (typeof line === "string") throw rangeError(`${what} is "y=x" or { x } or { y }, not ${kindOf(line)}`);
    const { x, y, label = "", style } = referenceOptions(line, what);
    if ((x === undefined) === (y === undefined)) throw typeError(`${what} is "y=x", or has one of x and y`);
    return { x, y, label, style };
  }));

/** Cells to outline: { layer: 3, head: 1 }, or "3.1" for row 3, column 1. */
const cells = is.declared("Cell[]", (given, what) => {
  if (!Array.isArray(given)) throw typeError(`${what} is an array of cells, not ${kindOf(given)}`);
  return given.map(cell => {
    const place = /^(\d+)\.(\d+)$/.exec(cell);
    if (typeof cell === "string" && place) return { y: Number(place[1]), x: Number(place[2]) };
    object(cell, `each of ${what} is a cell, as { layer: 3, head: 1 } or "3.1"`);
    return Object.fromEntries(Object.entries(cell).map(([axis, at]) =>
      [axis, integer(at, `${axis} of a cell of ${what}`, { from: 0 })]));
  });
});

/** The number of cells for Java; 0 for all. */
const annotate = is.declared("boolean | number", (given, what) => {
  if (typeof given === "boolean") return given ? 0 : undefined;
  if (typeof given !== "number") throw typeError(`${what} is true or a number of cells, not ${kindOf(given)}`);
  return integer(given, what, { from: 1 });
});

const title = optional(is.string);
const axisTitles = { x: optional(is.string), y: optional(is.string) };
const series = optional(is.declared("string[]", words));
const log = optional(is.oneOf("x", "y", "xy"));
const spread = optional(errors);
const lines = { reference: optional(reference) };
const sized = { width: optional(width) };

const common = { title, ...axisTitles, labels: optional(labels), range: optional(range), ...sized };

const heatmapOptions = options("HeatmapOptions", {
  ...common, range: optional(colorRange), diverging: optional(is.boolean), label: optional(is.string),
  annotate: optional(annotate, false), mark: optional(cells),
});
const barOptions = options("BarOptions", { ...common, series, errors: spread, ...lines });
const lineOptions = options("LineOptions", {
  ...common, series, errors: spread, xErrors: spread, band: spread, styles: optional(styles), log, ...lines,
});
const scatterOptions = options("ScatterOptions", {
  ...common, series, errors: spread, xErrors: spread, log, ...lines,
});
const histogramOptions = options("HistogramOptions",
  { title, ...axisTitles, range: optional(range), bins: optional(is.integerFrom(1)), ...sized });
const gridOptions = options("GridOptions", {
  title, columns: optional(is.integerFrom(1)), scale: optional(is.oneOf("shared", "own")),
  letters: optional(is.boolean, false), ...sized,
});

/** The options of any chart for Java; one that is undefined was not given. */
function forJava({
  title, x, y, labels, range, diverging, series, errors, xErrors, band, log, bins, columns, width, label, annotate,
  mark, styles, reference, scale, letters,
}) {
  return {
    title, x, y, labels: labels?.all, labelsByAxis: labels?.byAxis ?? {},
    range: Array.isArray(range) ? range : range?.ends, robust: range?.robust, diverging, series, errors, xErrors, band,
    log, bins, columns, width: width?.width, pixels: width?.pixels, label,
    annotate: annotate === false ? undefined : annotate, mark, styles,
    reference: reference?.map(({ x, y, label, style }) => ({ x, y, label, style })),
    shared: scale === undefined ? undefined : scale === "shared", letters: letters || undefined,
  };
}

// ---- charts

class Charts {
  heatmap(data, given) {
    const options = heatmapOptions(given, "chart.heatmap");
    return made("Heatmap", { "": values(data, "chart.heatmap's first argument") }, options);
  }

  line(data, given) { return drawn("LineChart", data, lineOptions(given, "chart.line"), "chart.line"); }

  bar(data, given) { return drawn("BarChart", data, barOptions(given, "chart.bar"), "chart.bar"); }

  scatter(data, given) { return drawn("ScatterChart", data, scatterOptions(given, "chart.scatter"), "chart.scatter"); }

  histogram(data, given) {
    return drawn("Histogram", data, histogramOptions(given, "chart.histogram"), "chart.histogram");
  }

  grid(members, given) {
    if (!Array.isArray(members)) throw typeError(`chart.grid takes an array of charts, not ${kindOf(members)}`);
    const options = forJava(gridOptions(given, "chart.grid"));
    return new Chart(charts.grid(members.map((member, i) => javaOf(member, `chart.grid's member ${i}`)), options));
  }
}
strict(Charts);

export const chart = Object.freeze(new Charts());

/**
 * A chart of one set of numbers, of { x, y }, or of { name: numbers, … }. `kind` is its Java class, which decides what
 * it makes of them; `call` names the function in errors.
 */
function drawn(kind, data, given, call) {
  const what = `${call}'s first argument`;
  if (data instanceof Tensor || isList(data)) return made(kind, { "": values(data, what) }, given);
  object(data, `${what} is a Tensor, an array of numbers, or an object of them by name`);
  const named = Object.entries(data).map(([name, numbers]) => [name, values(numbers, `${name} in ${what}`)]);
  return made(kind, Object.fromEntries(named), given);
}

const made = (kind, named, given) =>
  new Chart(charts.draw(kind, Object.keys(named), Object.values(named), forJava(given)));

/** A Tensor or nested arrays of numbers, for Java. */
function values(data, what) {
  if (data instanceof Tensor) return charts.ofTensor(javaTensor(data, what));
  if (!isList(data)) throw typeError(`${what} is a Tensor or an array of numbers, not ${kindOf(data)}`);
  const sizes = [], numbers = [];
  for (let level = data; isList(level); level = level[0]) sizes.push(level.length);
  const collect = (level, depth) => {
    if (!isList(level) || level.length !== sizes[depth]) {
      throw rangeError(`${what}: rows differ in length or depth`);
    }
    for (const item of level) {
      if (depth + 1 < sizes.length) collect(item, depth + 1);
      else numbers.push(number(item, `each element of ${what}`));
    }
  };
  collect(data, 0);
  return charts.ofNumbers(sizes, numbers);
}
