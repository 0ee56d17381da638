// How does a small model close brackets? It is trained on nested brackets of several kinds, where the one opened last
// must be closed first. One hypothesis is that a head attends to the bracket that is still open. Ablation finds the
// heads and MLPs that matter; their patterns test the hypothesis; and replacing a pattern by its mean over other
// strings tests whether it depends on the string.
// The script trains a model of its own: --model has no influence.
//
//   lens run dyck.js [--arg kinds=3] [--arg length=24] [--arg depth=6] [--arg steps=600]
import { ablate, args, chart, check, head, heads, mlp, print, record, seed, table, tasks, tensor, train } from "lens";

const kinds = Number(args.kinds ?? 3);
const length = Number(args.length ?? 24);
const depth = Number(args.depth ?? 6);
const steps = Number(args.steps ?? 600);
const task = tasks.dyck({ kinds, length, depth });
print(`${task}. The model is trained here; --model has no influence.`);

const model = train({
  config: { nLayers: 2, nHeads: 2, dModel: 64, dMlp: 128 },
  data: task,
  steps,
  batch: 96,
  lr: 4e-3,
  warmup: 30,
  schedule: "cosine",
  least: 0.05,
  clip: 1,
  init: 0.05,
  weightDecay: 0.1,
});
const { nLayers, nHeads } = model.config;
const layers = Array.from({ length: nLayers }, (_, layer) => layer);
const accuracy = task.accuracy(model, { rows: 500, seed });
chart.line(model.losses, { title: "Learning to close brackets", x: "step", y: "loss", log: "y" }).save("loss");
print(
  `${(100 * accuracy).toFixed(1)}% of the closing brackets in held-out strings are right; ` +
    `by chance it would be ${(100 / kinds).toFixed(0)}%.`,
);

// ---- accuracy without each head and each MLP; heads whose ablation costs more than 0.05 matter

const rows = task.rows(200, { split: "heldOut", seed: seed + 1 });
const left = (...changes) => task.accuracy(model.with(...changes), { rows: 300, seed });
const without = some => left(...some.map(one => ablate(one, { with: "mean", over: rows })));
const parts = layers.map(layer => [...model.heads(heads(`${layer}.*`)), mlp(layer)]);
const alone = tensor(
  parts.map(row => row.map(one => without([one]))),
  ["layer", "part"],
);
chart
  .heatmap(alone, {
    title: "Accuracy on closing brackets without a head or MLP",
    x: "",
    y: "layer",
    labels: { part: [...Array.from({ length: nHeads }, (_, i) => `head ${i}`), "MLP"] },
    range: [0, 1],
  })
  .save("alone");
const all = layers
  .flatMap(layer =>
    Array.from({ length: nHeads }, (_, number) => ({
      head: head(layer, number),
      lost: accuracy - alone.get(layer, number),
    })),
  )
  .sort((a, b) => b.lost - a.lost);
const doing = all.filter((one, i) => i === 0 || one.lost > 0.05).map(one => one.head);
const others = all.map(one => one.head).filter(one => !doing.includes(one));

// ---- do they attend to the bracket that is to be closed, by its distance?

const opens = id => /[([{<]/.test(task.vocabulary[id]);
const closed = rows.toArray().map(row => {
  const open = [];
  const found = [];
  for (let at = 1; at < row.length; at++) {
    if (opens(row[at])) open.push(at);
    else found.push({ dest: at - 1, src: open.pop() ?? 0 });
  }
  return found;
});
const distances = [1, 3, 5, 7, 9, 11].filter(distance => distance < length);
const patterns = model.run(rows, { cache: "blocks.*.attn.hook_pattern", logits: false }).cache;
const looks = Object.fromEntries(
  all.map(({ head: one }) => {
    const pattern = patterns.get(one.pattern).toArray(); // [batch, dest, src]
    return [
      String(one),
      distances.map(distance => {
        const some = closed.flatMap((pairs, row) =>
          pairs.filter(({ dest, src }) => dest + 1 - src === distance).map(({ dest, src }) => pattern[row][dest][src]),
        );
        return some.reduce((a, b) => a + b, 0) / Math.max(1, some.length);
      }),
    ];
  }),
);
chart
  .line(
    Object.fromEntries(
      Object.entries(looks).map(([name, values]) => [
        doing.map(String).includes(name) ? `${name}, needed` : name,
        values,
      ]),
    ),
    {
      title: "Attention to the bracket to be closed",
      x: "tokens back",
      y: "attention",
      labels: distances.map(String),
      range: [0, 1],
    },
  )
  .save("looks");

// ---- does the pattern depend on the string? Each head's pattern is replaced by its mean, position by position

const held = some => left(...some.map(one => ablate(one.pattern, { with: "mean", over: rows, by: "position" })));
const rowOf = ({ head: one, lost }) => ({
  head: one,
  "accuracy without it": accuracy - lost,
  "with its pattern held": held([one]),
  "attention to what is closed, if not next to it": Math.max(...looks[String(one)].slice(1)),
});
const summary = all.map(rowOf);
table(summary).print().save("heads");
const mean = patterns.get(doing[0].pattern).mean("batch");
chart
  .heatmap(mean, {
    title: `Mean attention of ${doing[0]}`,
    x: "from",
    y: "to",
    range: [0, mean.slice({ dest: [4] }).max()],
  })
  .save("pattern");

// ---- together

const results = Object.entries({
  "as it is": left(),
  [`without ${doing.join(", ")}`]: without(doing),
  [`without ${others.join(", ")}`]: without(others),
  [`${doing.join(", ")} held`]: held(doing),
  ...Object.fromEntries(layers.map(layer => [`without MLP ${layer}`, without([mlp(layer)])])),
}).map(([model, accuracy]) => ({ model, accuracy }));
table(results).print().save("together");
chart
  .bar(
    results.map(one => one.accuracy),
    { title: "Accuracy on closing brackets", x: "", y: "share", labels: results.map(one => one.model), range: [0, 1] },
  )
  .save("together");
const [, taken, kept, fixed] = results.map(one => one.accuracy);
record("dyck", {
  accuracy,
  heads: doing.map(String),
  looks,
  summary: summary.map(row => ({ ...row, head: String(row.head) })),
  results,
});

check("brackets in held-out strings are closed correctly", accuracy > 0.95);
check("ablating the heads found lowers the accuracy", taken < accuracy - 0.2);
check("ablating all other heads lowers it less", kept > (accuracy + taken) / 2);
check("MLPs contribute", Math.min(...results.slice(4).map(one => one.accuracy)) < accuracy - 0.1);
