// What does each part of a model cost when it is removed? The output of every head and of every MLP is replaced by its
// mean over a dataset, one at a time, and the loss on held-out text is measured: the nats that the part is worth there.
// The dataset is split by a hash of its texts, so that no text is in both halves.
//
// Checked: the mean ablation of the most important head costs the same when it is run alone, by a survey of the ablated
// model.
//
//   lens run ablation-cost.js [--model PATH] [--arg data=texts.jsonl] [--arg column=text] [--arg rows=64]
//     [--arg length=64] [--arg means=256]
import {
  ablate,
  args,
  chart,
  check,
  collect,
  dataset,
  heads,
  load,
  metric,
  mlps,
  print,
  record,
  survey,
  sweep,
  table,
} from "lens";

const model = load();
const { nLayers } = model.config;
const rows = Number(args.rows ?? 64);
const means = Number(args.means ?? 4 * rows);
const length = Number(args.length ?? Math.min(64, model.config.nCtx));

// without a dataset, texts that the model writes itself; two seeds make two sets of them
const own = seed => {
  const start = model.random({ batch: 64, length: 1, seed });
  return model.generate(start, { max: 40, temperature: 1, seed }).tokens.toArray();
};
const part = (split, limit, seed) =>
  args.data === undefined
    ? dataset(own(seed), { limit, length })
    : dataset(args.data, { column: args.column ?? "text", pack: true, limit, length, split });
const [known, heldOut] = [part([0, 0.5], means, 1), part([0.5, 1], rows, 2)];

// ---- the means, in one pass

const found = survey(model, known, {
  collect: { heads: collect.mean(heads().z), mlps: collect.mean(mlps("*").out), loss: collect.loss() },
});
print(`means over ${found.read}; loss ${found.loss}`);
const { loss } = survey(model, heldOut, { collect: { loss: collect.loss() } });
print(`held-out: ${loss}`);

// ---- every head and every MLP replaced by its mean, one at a time

const tokens = heldOut.tokens(model);
const text = { metric: metric.loss() };
const base = sweep(model, tokens, { over: [0], apply: () => [], ...text }).get(0);
const mean = over => target => ablate(target, { with: "mean", over });
const cost = sweep(model, tokens, { over: heads(), apply: mean(found.heads), ...text }).sub(base);
const mlpCost = sweep(model, tokens, { over: mlps("*"), apply: mean(found.mlps), ...text }).sub(base);
record("loss", base);
record("heads", cost);
record("mlps", mlpCost);

chart.heatmap(cost, { title: "Loss added by the mean ablation of a head", diverging: true }).save("heads");
const layers = Array.from({ length: nLayers }, (_, l) => l);
chart
  .bar(
    { "all heads, summed": layers.map(l => cost.at({ layer: l }).sum()), MLP: mlpCost },
    { title: "Loss added by mean ablation", x: "layer", y: "nats per token", labels: layers },
  )
  .save("layers");

const order = cost.top(cost.shape[0] * cost.shape[1]);
const name = one => `${one.layer}.${one.head}`;
table([
  ...order.slice(0, 12).map(one => ({ part: `head ${name(one)}`, "nats added": one.value })),
  ...mlpCost
    .top(nLayers)
    .slice(0, 6)
    .map(one => ({ part: `MLP ${one.layer}`, "nats added": one.value })),
])
  .print()
  .save("parts");
const harmless = order.filter(({ value }) => value < 0.001).length;
print(`${harmless} of ${order.length} heads cost less than 0.001 nats; the first costs ${order[0].value.toFixed(4)}`);

// ---- the most important head alone, by another way

const worst = heads(name(order[0]));
const alone = survey(model, heldOut, {
  collect: { rows: collect.metric(metric.loss()) },
  hooks: [mean(found.heads)(worst)],
}).rows.mean();
const [swept, surveyed] = [order[0].value, alone - base].map(nats => nats.toFixed(5));
print(`head ${name(order[0])}: ${swept} nats by the sweep, ${surveyed} by a survey`);
check("the sweep and a survey of the ablated model agree", Math.abs(alone - base - order[0].value) < 1e-4);
check("some part of the model is worth more than 0.01 nats", Math.max(order[0].value, mlpCost.max()) > 0.01);
record("harmless", harmless);
