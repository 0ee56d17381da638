// Charts: pictures of tensors and arrays, saved into the run's folder.
import { java, kindOf } from "./host.js";
import { isList, number, object, string, words } from "./checks.js";
import { printed } from "./format.js";
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

const range = is.declared("[number, number]", (given, what) => {
  if (!Array.isArray(given) || given.length !== 2) throw typeError(`${what} is [lo, hi], not ${kindOf(given)}`);
  return given.map(end => number(end, `an end of ${what}`));
});

const errors = is.declared("Numbers | NamedNumbers", (given, what) => {
  const named = given instanceof Tensor || isList(given) ? { [what]: given }
    : object(given, `${what} are a Tensor, an array of numbers, or an object of them by name`);
  return Object.entries(named).map(([name, numbers]) => values(numbers, name));
});

const title = optional(is.string);
const axisTitles = { x: optional(is.string), y: optional(is.string) };
const series = optional(is.declared("string[]", words));
const log = optional(is.oneOf("x", "y", "xy"));

const common = { title, ...axisTitles, labels: optional(labels), range: optional(range) };

const heatmapOptions = options("HeatmapOptions", { ...common, diverging: optional(is.boolean) });
const barOptions = options("BarOptions", { ...common, series, errors: optional(errors) });
const lineOptions = options("LineOptions", { ...common, series, errors: optional(errors), log });
const scatterOptions = options("ScatterOptions", { ...common, series, log });
const histogramOptions = options("HistogramOptions",
  { title, ...axisTitles, range: optional(range), bins: optional(is.integerFrom(1)) });
const gridOptions = options("GridOptions", { title, columns: optional(is.integerFrom(1)) });

/** The options of any chart for Java; one that is undefined was not given. */
function forJava({ title, x, y, labels, range, diverging, series, errors, log, bins, columns }) {
  return {
    title, x, y, labels: labels?.all, labelsByAxis: labels?.byAxis ?? {}, range, diverging, series, errors, log, bins,
    columns,
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
