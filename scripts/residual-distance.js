// Do two tokens come closer where the model learns that the same thing follows them? Random tokens are said as
// … A B … C B … A … C: the second A and the second C are different tokens, but induction tells of both that B comes
// next. This follows the distance and the cosine of their residual streams from layer to layer, beside those of two
// tokens of which nothing is known, finds the layer where the pair comes closer than the other two do, and removes that
// layer's induction heads.
//
//   lens run residual-distance.js [--model PATH] [--arg rows=32]
import { ablate, args, chart, check, head, load, print, record, residualDistance, scores, table } from "lens";

const model = load();
const { nLayers, nHeads } = model.config;

// ---- the rows: all tokens differ, but for A, B and C

const random = model.random({ batch: Number(args.rows ?? 32), length: 12 }).toArray();
const start = random[0].length - 12; // 1 where the model has a BOS
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
  }; // the pair's cosine above the other's
}

// ---- as it is: where does the pair come closer?

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
  `The pair comes closer in layer ${layer}: its cosine rises by ${steps[layer].toFixed(2)} more than that of other tokens. Induction heads there: ${heads.join(", ") || "none"}.`,
);

// ---- without that layer's induction heads, and without as many of its other heads

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
      title: `How much closer the pair is, with heads of layer ${layer} removed`,
      x: "residual stream",
      y: "cosine above other tokens'",
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

check("the pair comes closest where there are induction heads", heads.length > 0);
check("without them it does not", noInduction.closer[layer + 1] < 0.5 * whole.closer[layer + 1]);
check("without as many others it still does", noOthers.closer[layer + 1] > 0.5 * whole.closer[layer + 1]);
