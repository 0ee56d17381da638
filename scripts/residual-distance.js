// Do the residual streams of two tokens become similar when the model predicts the same token after both, and where? In
// random sequences … A B … C B … A … C, the second A and the second C are different tokens, but induction predicts B
// after both. The script compares them, layer by layer, with the same tokens in … A B … C D … A … C, where induction
// predicts different tokens, and with the random tokens before them, after which nothing can be predicted. A few
// coordinates of a residual stream may be much larger than all others in every token, so cosines are taken after each
// coordinate is centred and divided by its standard deviation over tokens. Then the induction heads are ablated.
//
//   lens run residual-distance.js [--model PATH] [--arg rows=32] [--arg least=0.3]
import { ablate, args, chart, check, head, load, print, record, scores, table, tensor } from "lens";

const model = load();
const { nLayers, nHeads } = model.config;

// ---- the rows: all tokens differ except A, B and C

const random = model.random({ batch: Number(args.rows ?? 32), length: 13 }).toArray();
const start = random[0].length - 13; // 1 if the model has a BOS
const rows = Object.fromEntries(
  ["same", "different"].map(kind => [
    kind,
    random.map(row => {
      const [a, b, c, d, ...x] = row.slice(start);
      const next = kind === "same" ? b : d;
      return [...row.slice(0, start), x[0], x[1], a, b, x[2], x[3], c, next, x[4], x[5], a, x[6], x[7], c];
    }),
  ]),
);
const [a, c] = [start + 10, start + 13]; // the second A and C
const PAIRS = {
  "same token predicted": ["same", a, c],
  "different tokens predicted": ["different", a, c],
  "tokens before them": ["same", a - 1, c - 1],
};

// ---- how similar are the pairs in every layer?

const stages = ["embed", ...Array.from({ length: nLayers }, (_, layer) => layer)];
const names = ["blocks.0.hook_resid_pre", ...Array.from({ length: nLayers }, (_, l) => `blocks.${l}.hook_resid_post`)];
/** Returns cosine, plain cosine and distance of every pair as [pair, stage, batch]. */
function measure(model) {
  const runs = Object.fromEntries(
    Object.entries(rows).map(([kind, rows]) => [kind, model.run(rows, { logits: false, cache: names })]),
  );
  const each = compare =>
    tensor(
      Object.values(PAIRS).map(([kind, p, q]) =>
        names.map(name => {
          const stream = runs[kind].cache.get(name);
          return compare(stream.at({ pos: p }), stream.at({ pos: q }), stream.slice({ pos: [start + 2] })).toArray();
        }),
      ),
      ["pair", "stage", "batch"],
    );
  const standard = (x, all) => {
    const mean = all.mean("batch", "pos");
    return x.sub(mean).div(all.sub(mean).pow(2).mean("batch", "pos").sqrt());
  };
  const share = names.map(name => {
    const squares = runs.same.cache
      .get(name)
      .slice({ pos: [start + 2] })
      .pow(2)
      .mean("batch", "pos");
    return squares.max() / squares.sum();
  });
  return {
    largest: Math.max(...share), // the largest share of one coordinate in the squared length
    cosine: each((x, y, all) => standard(x, all).cosine(standard(y, all), "dModel")),
    plain: each((x, y) => x.cosine(y, "dModel")),
    distance: each((x, y) => x.sub(y).norm("dModel")),
  };
}
const named = values => Object.fromEntries(Object.keys(PAIRS).map((name, pair) => [name, values.at({ pair })]));
/** The cosine where the same token is predicted minus that where different tokens are, by stage. */
const closer = ({ cosine }) =>
  cosine
    .at({ pair: 0 })
    .sub(cosine.at({ pair: 1 }))
    .mean("batch")
    .toArray();

const whole = measure(model);
const distance = whole.distance.mean("batch");
const relative = distance.div(distance.at({ pair: 1 }));
chart
  .grid(
    [
      chart.line(named(whole.cosine.mean("batch")), {
        title: "Cosine, coordinates standardised",
        x: "after layer",
        y: "cosine",
        labels: stages,
        errors: named(whole.cosine.std("batch").div(Math.sqrt(random.length))),
      }),
      chart.line(named(relative), { title: "Distance", x: "after layer", y: "relative distance", labels: stages }),
    ],
    { columns: 2, title: "Residual streams of two tokens", width: "page" },
  )
  .save("similarity");

const gap = closer(whole);
const most = gap.indexOf(Math.max(...gap)); // the stage at which the pair is most similar
const steps = gap.slice(1).map((value, layer) => value - gap[layer]);
const largest = steps.indexOf(Math.max(...steps));
const inducing = scores
  .induction(model)
  .top(nLayers * nHeads)
  .filter(top => top.value > Number(args.least ?? 0.3))
  .map(top => head(top.layer, top.head));
const ofLayer = layer => inducing.filter(one => one.layer === layer);
const layersWith = [...new Set(inducing.map(one => one.layer))].sort((x, y) => x - y);
const rise = layersWith.filter(layer => layer < most).reduce((sum, layer) => sum + steps[layer], 0);
const apart = relative.at({ pair: 0 }).toArray();
const falls = apart.slice(1).map((value, layer) => apart[layer] - value);
print(
  `Where the same token is predicted the cosine is at most ${gap[most].toFixed(2)} higher, after ` +
    `${most === 0 ? "the embedding" : `layer ${most - 1}`}. It rises most in layer ${largest}, by ` +
    `${steps[largest].toFixed(2)} (induction heads there: ${ofLayer(largest).join(", ") || "none"}), and by ` +
    `${rise.toFixed(2)} in all layers with induction heads (${layersWith.join(", ") || "none"}).`,
);
print(
  `The distance falls to ${Math.min(...apart).toFixed(2)} of that with different predictions, most in layer ` +
    `${falls.indexOf(Math.max(...falls))}.`,
);
print(
  `Without standardisation the cosines there are ` +
    `${whole.plain
      .at({ stage: most })
      .mean("batch")
      .toArray()
      .map(value => value.toFixed(2))
      .join(", ")}: ` +
    `one coordinate holds up to ${(100 * whole.largest).toFixed(0)} % of the squared length of a residual stream.`,
);

// ---- without the induction heads, and without as many other heads of the same layers

const others = layersWith.flatMap(layer =>
  Array.from({ length: nHeads }, (_, h) => head(layer, h))
    .filter(one => !inducing.some(other => String(other) === String(one)))
    .slice(0, ofLayer(layer).length),
);
const over = model.tokens(rows.different);
const without = list => (list.length === 0 ? gap : closer(measure(model.with(ablate(list, { with: "mean", over })))));
const noInduction = without(inducing);
const noneOfLayer = without(ofLayer(largest));
const noOthers = without(others);
chart
  .line(
    {
      "whole model": gap,
      [`without those of layer ${largest}`]: noneOfLayer,
      "without all induction heads": noInduction,
      "without as many others": noOthers,
    },
    {
      title: "Similarity due to the same prediction",
      x: "after layer",
      y: "cosine minus that with different predictions",
      labels: stages,
      styles: { "without as many others": "dashed" },
      width: "column",
    },
  )
  .save("removed");
const results = [
  { model: "whole", "heads removed": "", "cosine gained": gap[most] },
  {
    model: `without the induction heads of layer ${largest}`,
    "heads removed": ofLayer(largest).join(" "),
    "cosine gained": noneOfLayer[most],
  },
  { model: "without all induction heads", "heads removed": inducing.join(" "), "cosine gained": noInduction[most] },
  { model: "without as many others", "heads removed": others.join(" "), "cosine gained": noOthers[most] },
];
table(results).print().save("removed");
record("cosine", named(whole.cosine.mean("batch")));
record("relative distance", named(relative));
record("removed", results);

check("the pair becomes similar mostly in layers with induction heads", rise > 0.5 * gap[most]);
check("without the induction heads it does not", noInduction[most] < 0.5 * gap[most]);
check("without as many other heads of their layers it still does", noOthers[most] > 0.5 * gap[most]);
