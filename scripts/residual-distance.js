// Do the residual streams of two tokens become similar when the model predicts the same token after both? In random
// sequences … A B … C B … A … C, the second A and the second C are different tokens, but induction predicts B after
// both. The script measures the distance and cosine of their residual streams layer by layer, compared with two tokens
// after which nothing can be predicted, finds the layer where the pair becomes more similar, and ablates its induction
// heads.
//
//   lens run residual-distance.js [--model PATH] [--arg rows=32]
import { ablate, args, chart, check, head, load, print, record, residualDistance, scores, table } from "lens";

const model = load();
const { nLayers, nHeads } = model.config;

// ---- the rows: all tokens differ except A, B and C

const random = model.random({ batch: Number(args.rows ?? 32), length: 12 }).toArray();
const start = random[0].length - 12; // 1 if the model has a BOS
const rows = random.map(row => {
  const [a, b, c, ...x] = row.slice(start);
  return [...row.slice(0, start), x[0], x[1], a, b, x[2], x[3], c, b, x[4], x[5], a, x[6], x[7], c];
});
const pairs = [
  [start + 10, start + 13],
  [start + 9, start + 12],
]; // the second A and C; the tokens before them

const names = ["A and C, B follows both", "tokens before them"];
const stages = ["embed", ...Array.from({ length: nLayers }, (_, layer) => `after ${layer}`)];
function measure(model) {
  const { distance, cosine } = residualDistance(model.run(rows, { logits: false, cache: "blocks.*.hook_resid_p*" }), {
    pairs,
  });
  const each = (of, reduce) => Object.fromEntries(names.map((name, pair) => [name, of.at({ pair })[reduce]("batch")]));
  return {
    cosine: each(cosine, "mean"),
    spread: each(cosine, "std"),
    distance: each(distance, "mean"),
    closer: cosine
      .at({ pair: 0 })
      .sub(cosine.at({ pair: 1 }))
      .mean("batch")
      .toArray(),
  }; // the cosine of the first pair minus that of the second
}

// ---- without changes: in which layer does the pair become similar?

const whole = measure(model);
chart
  .line(whole.cosine, {
    title: "Cosine of two residual streams",
    x: "residual stream",
    y: "cosine",
    labels: stages,
    errors: whole.spread,
  })
  .save("cosine");
chart
  .line(whole.distance, {
    title: "Distance of two residual streams",
    x: "residual stream",
    y: "distance",
    labels: stages,
    log: "y",
  })
  .save("distance");
const induction = scores.induction(model);
const steps = whole.closer.slice(1).map((value, layer) => value - whole.closer[layer]);
const inducing = layer =>
  Array.from({ length: nHeads }, (_, h) => head(layer, h)).filter(one => induction.get(one.layer, one.head) > 0.3);
const layer = steps.indexOf(Math.max(...steps));
const heads = inducing(layer);
print(
  `The pair becomes similar in layer ${layer}: its cosine rises by ${steps[layer].toFixed(2)} more than that of ` +
    `other tokens. Induction heads of this layer: ${heads.join(", ") || "none"}.`,
);

// ---- without the induction heads of this layer, and without as many of its other heads

const rest = Array.from({ length: nHeads }, (_, h) => head(layer, h))
  .filter(one => !heads.some(other => String(other) === String(one)))
  .slice(0, heads.length);
const without = list => (list.length === 0 ? whole : measure(model.with(ablate(list, { with: "zero" }))));
const noInduction = without(heads);
const noOthers = without(rest);
chart
  .line(
    {
      "as it is": whole.closer,
      "without its induction heads": noInduction.closer,
      "without as many others": noOthers.closer,
    },
    {
      title: `Similarity of the pair with heads of layer ${layer} ablated`,
      x: "residual stream",
      y: "cosine minus that of other tokens",
      labels: stages,
    },
  )
  .save("removed");
const results = [
  { model: "as it is", removed: "", closer: whole.closer[layer + 1] },
  { model: "without induction heads", removed: heads.join(" "), closer: noInduction.closer[layer + 1] },
  { model: "without others", removed: rest.join(" "), closer: noOthers.closer[layer + 1] },
];
table(results).print().save("removed");
record("removed", results);

check("the pair becomes similar in a layer with induction heads", heads.length > 0);
check("without these heads it does not", noInduction.closer[layer + 1] < 0.5 * whole.closer[layer + 1]);
check("without as many others it still does", noOthers.closer[layer + 1] > 0.5 * whole.closer[layer + 1]);
