// How does a model continue a repeated sequence? An induction head attends from a token to the one that followed its
// previous occurrence. It can do so because a previous-token head of an earlier layer has written the preceding token
// into every position, which the keys of the induction head read (Elhage et al. 2021, Olsson et al. 2022). Three steps
// establish this: the weights show which heads can compose, path patching along which paths they do, and ablation
// whether the model needs them.
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
  table,
} from "lens";

const model = load();
const measured = { length: Number(args.length ?? 50), batch: Number(args.batch ?? 4) };
const mean = numbers => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const same = (some, one) => some.some(other => String(other) === String(one));

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
const others = model
  .heads(heads(`0-${last}.*`))
  .filter(one => !same(inducing, one) && !same(previous, one) && previousToken.get(one.layer, one.head) < 0.4);
print(`Induction heads: ${inducing.join(", ")}. Previous-token heads before them: ${previous.join(", ")}.`);

// ---- by weights alone: do the keys of the induction heads read the output of the previous-token heads?

const composed = composition(model, { kind: "K", to: inducing, baseline: true });
const reading = inducing.map(to =>
  composed.at({ toLayer: to.layer, toHead: to.head }).slice({ fromLayer: [0, to.layer] }),
);
const most = Math.max(...reading.map(map => map.abs().max()));
chart
  .grid(
    inducing.map((to, i) =>
      chart.heatmap(reading[i], {
        title: `keys of ${to}`,
        label: "score above chance",
        x: "head",
        y: "layer",
        range: [-most, most],
        annotate: 2,
      }),
    ),
    { title: "K-composition above that of random matrices", columns: inducing.length, width: "page" },
  )
  .save("composition");

// ---- by path patching: in the corrupted run the first copy is other tokens, so that the last token has not occurred
// before. The prompts are short, since one run is needed for every head.

const period = 12;
const bos = model.random({ length: 1 }).length - 1;
const repeated = model.random({ batch: 8, length: period, repeat: 2 }).toArray();
const fresh = model.random({ batch: 8, length: period, bos: false, seed: 1 }).toArray();
const clean = repeated.map(row => row.slice(0, -1));
const corrupted = clean.map((row, i) => [...row.slice(0, bos), ...fresh[i], ...row.slice(bos + period)]);
const answer = metric.logProb(repeated.map(row => row[row.length - 1]));
const whole = answer.of(model.run(clean)).mean();
const [intoKeys, intoQueries] = ["k", "q"].map(kind =>
  patching
    .path(model, {
      clean,
      corrupted,
      metric: answer,
      senders: heads(`0-${last - 1}.*`),
      receivers: inducing.map(one => one[kind]),
    })
    .sub(whole)
    .slice({ layer: [0, last] }),
);
const largest = Math.max(intoKeys.abs().top(1)[0].value, intoQueries.abs().top(1)[0].value);
chart
  .grid(
    Object.entries({ keys: intoKeys, queries: intoQueries }).map(([input, effects]) =>
      chart.heatmap(effects, {
        title: `into their ${input}`,
        label: "change in nats",
        x: "sending head",
        y: "layer",
        range: [-largest, largest],
        annotate: 2,
      }),
    ),
    { title: `Log probability with a path into ${inducing.join(", ")} patched`, columns: 2, width: "4in" },
  )
  .save("paths");
const [carrier] = intoKeys.neg().top(1);
const sender = head(carrier.layer, carrier.head);
const ofOthers = mean(others.filter(one => one.layer < last).map(one => intoKeys.get(one.layer, one.head)));
print(
  `The repeated token has log probability ${whole.toFixed(2)}. The path that matters most into the keys starts at ` +
    `${sender}: patched, it changes the log probability by ${(-carrier.value).toFixed(2)}; paths of other heads, by ` +
    `${ofOthers.toFixed(3)} in the mean.`,
);

// which of them feeds which: the induction head's own attention to the token after the first occurrence, with the path
// from one head into its keys patched
const attentionOf = (run, one) => run.cache.get(one.pattern).at({ dest: -1, src: -period });
const plain = model.run(clean, { cache: inducing.map(one => one.pattern), logits: false });
const pairs = inducing.flatMap((to, i) => {
  const from = previous.filter(one => one.layer < to.layer);
  if (from.length === 0) return [];
  const attention = mean(attentionOf(plain, to).toArray());
  const patched = patching.path(model, {
    clean,
    corrupted,
    metric: run => attentionOf(run, to),
    senders: from,
    receivers: to.k,
  });
  const all = reading[i].toArray().flat();
  return from.map((one, j) => {
    const value = reading[i].get(one.layer, one.head);
    return {
      from: one,
      to,
      "K-composition": value,
      rank: all.filter(other => other > value).length + 1,
      of: all.length,
      "mean of others": (all.reduce((a, b) => a + b) - value) / (all.length - 1),
      attention,
      "path patched": patched.get(j),
    };
  });
});
table(pairs).print().save("pairs");

// ---- by ablation: without the previous-token heads, and without as many others, drawn four times

const tokens = model.random({ ...measured, repeat: 2 });
const copying = metric.loss({ from: bos + measured.length });
const without = some => {
  const changed = some.length === 0 ? model : model.with(ablate(some, { with: "zero" }));
  const score = scores.induction(changed, measured);
  return {
    induction: inducing.map(one => score.get(one.layer, one.head)),
    loss: copying.of(changed.run(tokens, { loss: true })).mean(),
  };
};
const draws = [0, 1, 2, 3].map(draw =>
  previous.map((_, i) => others[Math.floor(((draw + 0.5) / 4 + i) * (others.length / previous.length))]),
);
const controls = draws.map(some => ({ heads: some.join(" "), ...without(some) }));
const models = {
  "all heads": without([]),
  [`without ${previous.join(", ")}`]: without(previous),
  "without as many others (mean)": {
    induction: inducing.map((_, i) => mean(controls.map(one => one.induction[i]))),
    loss: mean(controls.map(one => one.loss)),
  },
};
controls.forEach(({ heads, ...found }) => (models[`without ${heads}`] = found));
const ablated = Object.entries(models).map(([name, found]) => ({
  model: name,
  ...Object.fromEntries(inducing.map((one, i) => [`induction of ${one}`, found.induction[i]])),
  "loss of the second copy": found.loss,
}));
table(ablated).print().save("ablated");
const [intact, removed, control] = Object.values(models);
chart
  .bar(
    {
      "all heads": intact.induction,
      "without the previous-token heads": removed.induction,
      "without as many others": control.induction,
    },
    {
      title: "Induction heads without previous-token heads",
      x: "head",
      y: "induction score",
      labels: inducing.map(String),
      range: [0, 1],
      width: "column",
    },
  )
  .save("ablated");

record("induction", induction);
record("previousToken", previousToken);
record(
  "pairs",
  pairs.map(pair => ({ ...pair, from: String(pair.from), to: String(pair.to) })),
);
record("ablated", ablated);
record("paths", intoKeys);

check(
  "an induction head's keys compose with a previous-token head above chance",
  pairs.some(pair => pair["K-composition"] > 2 * Math.abs(pair["mean of others"]) && pair.rank <= 0.1 * pair.of + 1),
);
check(
  "the path that matters most into their keys starts at a previous-token head",
  same(previous, sender) && carrier.value > 0.3,
);
check("it matters more than any path into their queries", carrier.value > intoQueries.abs().top(1)[0].value);
check(
  "patching one such path takes half of an induction head's attention",
  pairs.some(pair => pair["path patched"] < 0.5 * pair.attention),
);
check(
  "ablating the previous-token heads destroys the induction heads",
  mean(removed.induction) < 0.5 * mean(intact.induction),
);
check(
  "ablating as many other heads leaves at least twice as much of them",
  mean(control.induction) > 2 * mean(removed.induction),
);
