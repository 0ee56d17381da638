// How does a model continue a repeated sequence? An induction head attends from a token to the one that followed its
// previous occurrence. It can do so because a previous-token head of an earlier layer has written the preceding token
// into every position, which the keys of the induction head read (Elhage et al. 2021, Olsson et al. 2022). Three steps
// establish this: the weights show which heads can compose, ablation which ones the model needs, and path patching
// along which path.
//
//   lens run induction-circuit.js [--model PATH] [--arg length=50] [--arg batch=4] [--arg heads=3]
import {
  ablate,
  args,
  chart,
  check,
  composition,
  head,
  heads,
  load,
  metric,
  patching,
  print,
  record,
  scores,
  sweep,
  table,
} from "lens";

const model = load();
const measured = { length: Number(args.length ?? 50), batch: Number(args.batch ?? 4) };
const mean = numbers => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const names = list => list.join(", ");

// ---- the heads: by what they attend to on random tokens repeated once

const induction = scores.induction(model, measured);
const previousToken = scores.previousToken(model, measured);
/** Returns the strongest heads of these layers by a score: those above 0.4, but at least one. */
const strongest = (score, layers) =>
  score
    .slice({ layer: layers })
    .top(Number(args.heads ?? 3))
    .filter((top, i) => i === 0 || top.value > 0.4)
    .map(top => head(top.layer + layers[0], top.head));
const inducing = strongest(induction, [1, model.config.nLayers]);
const last = Math.max(...inducing.map(one => one.layer));
const previous = strongest(previousToken, [0, last]);
print(`Induction heads: ${names(inducing)}. Previous-token heads before them: ${names(previous)}.`);

// ---- by weights alone: do the keys of the induction heads read the output of the previous-token heads?

const composed = composition(model, { kind: "K", to: inducing, baseline: true });
const written = inducing.map(to => composed.at({ toLayer: to.layer, toHead: to.head }));
chart
  .grid(
    inducing.map((to, i) =>
      chart.heatmap(written[i].slice({ fromLayer: [0, to.layer] }), {
        title: `K-composition with ${to}, above chance`,
        x: "head",
        y: "layer",
        diverging: true,
      }),
    ),
    { columns: inducing.length },
  )
  .save("composition");
const pairs = inducing.flatMap((to, i) =>
  previous
    .filter(from => from.layer < to.layer)
    .map(from => {
      const all = written[i].top(1e6).map(top => top.value);
      const value = written[i].get(from.layer, from.head);
      return {
        from,
        to,
        composition: value,
        rank: all.filter(other => other > value).length + 1,
        of: all.length,
        "mean of others": (all.reduce((a, b) => a + b) - value) / (all.length - 1),
      };
    }),
);
table(pairs).print().save("composition");

// ---- by ablation: without the previous-token heads, what is left of the induction heads?

const bos = model.random({ length: 1 }).length - 1;
const { length } = measured;
const tokens = model.random({ batch: measured.batch, length, repeat: 2 });
const secondCopy = bos + length;
const repeating = metric.loss({ from: secondCopy });
const scoreOf = (model, one) => scores.induction(model, measured).get(one.layer, one.head);
const others = heads(
  previous.map(one =>
    head(
      one.layer,
      [...Array(model.config.nHeads).keys()].find(h => !previous.some(p => p.layer === one.layer && p.head === h)) ?? 0,
    ),
  ),
);
const models = {
  "as it is": model,
  "without previous-token heads": model.with(ablate(previous, { with: "zero" })),
  "without as many others": model.with(ablate(others, { with: "zero" })),
};
const ablated = Object.entries(models).map(([name, changed]) => ({
  model: name,
  ...Object.fromEntries(inducing.map(one => [`induction of ${one}`, scoreOf(changed, one)])),
  "loss of the second copy": repeating.of(changed.run(tokens, { loss: true })).mean(),
}));
table(ablated).print().save("ablated");
chart
  .bar(Object.fromEntries(ablated.map(row => [row.model, inducing.map(one => row[`induction of ${one}`])])), {
    title: "Induction heads without previous-token heads",
    x: "head",
    y: "induction score",
    labels: inducing.map(String),
    range: [0, 1],
  })
  .save("ablated");
const lossWithout = sweep(model, tokens, {
  over: heads(),
  apply: one => ablate(one, { with: "zero" }),
  metric: repeating,
});
chart
  .heatmap(lossWithout.sub(ablated[0]["loss of the second copy"]), {
    title: "Nats lost on copies without a head",
    x: "head",
    y: "layer",
    diverging: true,
  })
  .save("needed");

// ---- by path patching: the path from each sender into the keys of the induction heads, with a different first copy

const rows = tokens.toArray();
const fresh = model.random({ batch: measured.batch, length, bos: false, seed: 1 }).toArray();
const corrupted = rows
  .map((row, i) => [...row.slice(0, bos), ...fresh[i], ...row.slice(secondCopy)])
  .map(row => row.slice(0, -1));
const clean = rows.map(row => row.slice(0, -1));
const answer = metric.logProb(rows.map(row => row[row.length - 1]));
const paths = Object.fromEntries(
  ["k", "q"].map(kind => [
    kind,
    patching.path(model, { clean, corrupted, metric: answer, receivers: inducing.map(one => one[kind]) }),
  ]),
);
const whole = answer.of(model.run(clean)).mean();
chart
  .grid(
    Object.entries(paths).map(([kind, lost]) =>
      chart.heatmap(lost.sub(whole).slice({ layer: [0, last] }), {
        title: `Paths into ${kind === "k" ? "keys" : "queries"} of induction heads`,
        x: "sending head",
        y: "layer",
        diverging: true,
      }),
    ),
    { columns: 2 },
  )
  .save("paths");
const [carrier] = paths.k.mul(-1).top(1);
const sender = head(carrier.layer, carrier.head);
const lost = whole + carrier.value;
print(
  `The last token of the second copy has log probability ${whole.toFixed(2)}. With the path from ${sender} into the ` +
    `keys of the induction heads patched it is ${(whole - lost).toFixed(2)}; no other head has as large an effect.`,
);

record("induction", induction);
record("previousToken", previousToken);
record("composition", pairs);
record("ablated", ablated);
record("paths", paths.k);

const inductionOf = row => mean(inducing.map(one => row[`induction of ${one}`]));
check(
  "an induction head's keys compose with a previous-token head above chance",
  pairs.some(pair => pair.composition > 2 * Math.abs(pair["mean of others"]) && pair.rank <= 0.1 * pair.of + 1),
);
check(
  "ablating the previous-token heads destroys the induction heads",
  inductionOf(ablated[1]) < 0.5 * inductionOf(ablated[0]),
);
check(
  "ablating as many other heads of the same layers does not",
  inductionOf(ablated[2]) > 0.8 * inductionOf(ablated[0]),
);
check(
  "the path that matters most into their keys starts at a previous-token head",
  previous.some(one => String(one) === String(sender)) && lost > 0.3,
);
