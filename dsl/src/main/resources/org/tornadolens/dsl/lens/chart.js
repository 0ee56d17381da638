// Charts: pictures of tensors and arrays, saved into the run's folder.
import { java, kindOf, options } from "./host.js";
import { printed } from "./format.js";
import { integer, number, object, strict, string } from "./strict.js";
import { Tensor, javaOf as javaTensor } from "./tensor.js";

const charts = java("charts");

let javaOf;

class Chart {
  #java;

  static { javaOf = (chart, what) => {
    if (typeof chart === "object" && chart !== null && #java in chart) return chart.#java;
    throw new TypeError(`${what} is a chart, as chart.heatmap(…) gives, not ${kindOf(chart)}`);
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

class Charts {
  heatmap(data, given) {
    return new Chart(charts.heatmap(values(data, "chart.heatmap's first argument"), told(given, "heatmap", ["title", "x", "y", "diverging", "labels", "range"])));
  }

  line(data, given) { return drawn("line", data, told(given, "line", ["title", "x", "y", "labels", "range", "series", "log", "errors"])); }

  bar(data, given) { return drawn("bar", data, told(given, "bar", ["title", "x", "y", "labels", "range", "series", "errors"])); }

  scatter(data, given) { return drawn("scatter", data, told(given, "scatter", ["title", "x", "y", "labels", "range", "series", "log"])); }

  histogram(data, given) { return drawn("histogram", data, told(given, "histogram", ["title", "x", "y", "range", "bins"])); }

  grid(members, given) {
    if (!Array.isArray(members)) throw new TypeError(`chart.grid takes an array of charts, not ${kindOf(members)}`);
    return new Chart(charts.grid(members.map((member, i) => javaOf(member, `chart.grid's member ${i}`)), told(given, "grid", ["title", "columns"])));
  }
}
strict(Charts);

export const chart = Object.freeze(new Charts());

/** Of one set of numbers, of { x, y }, or of { name: numbers, … }. */
function drawn(kind, data, java) {
  const what = `chart.${kind}'s first argument`;
  if (data instanceof Tensor || Array.isArray(data) || ArrayBuffer.isView(data)) return new Chart(charts[kind](values(data, what), java));
  const names = Object.keys(object(data, `${what} is a Tensor, an array of numbers, or an object of them by name`));
  const all = names.map(name => values(data[name], `${name} in ${what}`));
  if (["line", "scatter"].includes(kind) && names.length === 2 && names.includes("x") && names.includes("y")) return new Chart(charts[`${kind}At`](all[names.indexOf("x")], all[names.indexOf("y")], java));
  return new Chart(charts[`${kind}Named`](names, all, java));
}

/** A Tensor or nested arrays of numbers, for Java. */
function values(data, what) {
  if (data instanceof Tensor) return charts.ofTensor(javaTensor(data, what));
  const list = value => Array.isArray(value) || ArrayBuffer.isView(value);
  if (!list(data)) throw new TypeError(`${what} is a Tensor or an array of numbers, not ${kindOf(data)}`);
  const sizes = [], numbers = [];
  for (let level = data; list(level); level = level[0]) sizes.push(level.length);
  const collect = (level, depth) => {
    if (!list(level) || level.length !== sizes[depth]) throw new RangeError(`${what}: rows differ in length or depth`);
    for (const item of level) {
      if (depth + 1 < sizes.length) collect(item, depth + 1);
      else numbers.push(number(item, `each element of ${what}`));
    }
  };
  collect(data, 0);
  return charts.ofNumbers(sizes, numbers);
}

const words = (value, what) => {
  if (!Array.isArray(value)) throw new TypeError(`${what} is an array of strings, not ${kindOf(value)}`);
  return value.map(word => typeof word === "number" ? String(word) : string(word, `each of ${what}`));
};

const setters = {
  title: (java, title) => charts.title(java, string(title, "title")),
  x: (java, title) => charts.x(java, string(title, "x, the horizontal axis's title,")),
  y: (java, title) => charts.y(java, string(title, "y, the vertical axis's title,")),
  diverging: (java, diverging) => {
    if (typeof diverging !== "boolean") throw new TypeError(`diverging is true or false, not ${kindOf(diverging)}`);
    return charts.diverging(java, diverging);
  },
  labels: (java, labels) => {
    if (Array.isArray(labels)) return charts.labels(java, words(labels, "labels"));
    object(labels, "labels are an array, or arrays by axis, as in { src: pieces }");
    return Object.entries(labels).reduce((all, [axis, of]) => charts.labelsOf(all, axis, words(of, `labels of ${axis}`)), java);
  },
  range: (java, range) => {
    if (!Array.isArray(range) || range.length !== 2) throw new TypeError(`range is [lo, hi], not ${kindOf(range)}`);
    return charts.range(java, ...range.map(end => number(end, "an end of range")));
  },
  series: (java, names) => charts.series(java, words(names, "series")),
  errors: (java, errors) => {
    const plain = errors instanceof Tensor || Array.isArray(errors) || ArrayBuffer.isView(errors);
    const all = plain ? { errors } : object(errors, "errors are a Tensor, an array of numbers, or an object of them by name");
    return charts.errors(java, Object.entries(all).map(([name, numbers]) => values(numbers, name)));
  },
  bins: (java, bins) => charts.bins(java, integer(bins, "bins", { from: 1 })),
  columns: (java, columns) => charts.columns(java, integer(columns, "columns", { from: 1 })),
  log: (java, axes) => charts.log(java, string(axes, "log")),
};

/** A chart's options, checked, for Java; one that is undefined is as if it were not there. */
function told(given, kind, allowed) {
  return Object.entries(options(given, allowed, `chart.${kind}`))
    .filter(([, value]) => value !== undefined)
    .reduce((java, [name, value]) => setters[name](java, value), charts.noOptions());
}
