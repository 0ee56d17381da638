// Draws the pictures of docs/figures.md from made-up numbers.
import { chart, tensor } from "lens";

const table = (rows, columns, value) => tensor(
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => value(i, j))), ["layer", "head"]);
const heads = phase => table(30, 9, (i, j) => Math.sin(phase + i * 1.7 + j * j) * Math.sin(i / 7 + phase) ** 5);

chart.heatmap(heads(1), {
  title: "Logit difference written by each head", label: "logits", annotate: 3, mark: ["9.6"], width: "column",
}).save("figures-heads");

const kinds = ["previous token", "duplicate token", "induction"];
const panels = kinds.map((title, i) => chart.heatmap(heads(i), { title, label: "score" }));
chart.grid(panels, { columns: 3, letters: true, width: "page" }).save("figures-grid");

const layers = Array.from({ length: 13 }, (_, i) => i);
const induction = layers.map(x => 1 - Math.exp(-x / 3)), random = layers.map(x => 0.1 + 0.02 * Math.sin(x));
const ablated = layers.map(x => 0.3 + 0.03 * x);
chart.line({ induction, random, ablated }, {
  title: "Accuracy by layer", x: "layer", y: "accuracy",
  band: { induction: layers.map(() => 0.08), random: layers.map(() => 0.04), ablated: layers.map(() => 0.05) },
  styles: { random: "dashed", ablated: "dash-dot" },
  reference: [{ y: 0.5, label: "chance" }, { x: 6, label: "layer 6" }], width: "column",
}).save("figures-lines");

const promised = Array.from({ length: 45 }, (_, i) => Math.abs(Math.sin(i * 7.3)));
const measured = promised.map((x, i) => x + 0.2 * Math.sin(i * 3.1));
chart.scatter({ x: promised, y: measured }, {
  x: "promised by the weights", y: "measured", labels: promised.map((_, i) => `${Math.floor(i / 9)}.${i % 9}`),
  errors: promised.map(() => 0.05), reference: "y=x", width: "column",
}).save("figures-scatter");
