// How does a small model reverse a string? The heads that do it attend to the letter to be written next, which is as
// far before the separator as the current position is after it. Ablation confirms that they are responsible.
// The script trains a model of its own: --model has no influence.
//
//   lens run reverse-string.js [--arg letters=10] [--arg length=6] [--arg steps=600]
import { ablate, args, chart, check, head, print, record, seed, table, tasks, tensor, train } from "lens";

const length = Number(args.length ?? 6);
const steps = Number(args.steps ?? 600);
const task = tasks.reversal({ letters: Number(args.letters ?? 10), length });
print(`${task}. The model is trained here; --model has no influence.`);

const model = train({
  config: { nLayers: 2, nHeads: 4, dModel: 64, dMlp: 128 },
  data: task,
  steps,
  batch: 128,
  lr: 3e-3,
  warmup: 30,
  schedule: "cosine",
  least: 0.1,
  clip: 1,
});
const asked = { rows: 500, seed };
const accuracy = task.accuracy(model, asked);
chart.line(model.losses, { title: "Learning to reverse strings", x: "step", y: "loss", log: "y" }).save("loss");
print(`${(100 * accuracy).toFixed(1)}% of the letters in held-out strings are right.`);

// ---- the attention of every head from each position after the separator to the letter that belongs there

const tokens = task.rows(200, { split: "heldOut", seed: seed + 1 });
const places = Array.from({ length }, (_, i) => length + 1 + i); // after the separator
const patterns = model.run(tokens, { cache: "blocks.*.attn.hook_pattern", logits: false }).cache;
const looks = tensor(
  Array.from({ length: model.config.nLayers }, (_, layer) => {
    const mean = patterns.get(`blocks.${layer}.attn.hook_pattern`).mean("batch").toArray();
    return mean.map(
      pattern => places.reduce((sum, dest) => sum + pattern[dest][2 * length + 1 - dest], 0) / places.length,
    );
  }),
  ["layer", "head"],
);
chart
  .heatmap(looks, { title: "Attention to the letter to be written", x: "head", y: "layer", range: [0, 1] })
  .save("looks");

// ---- accuracy without each head, without the heads found, and without all others

const without = (...some) =>
  task.accuracy(model.with(...some.map(one => ablate(one, { with: "mean", over: tokens }))), asked);
const alone = tensor(
  looks.toArray().map((row, layer) => Array.from(row, (_, number) => without(head(layer, number)))),
  ["layer", "head"],
);
chart.heatmap(alone, { title: "Accuracy without one head", x: "head", y: "layer", range: [0, 1] }).save("ablated");

const every = looks
  .toArray()
  .flatMap((row, layer) =>
    Array.from(row, (score, number) => ({
      head: head(layer, number),
      score,
      "accuracy without it": alone.get(layer, number),
    })),
  )
  .sort((a, b) => b.score - a.score);
const found = every.filter(one => one.score > 0.3);
const others = every.filter(one => one.score <= 0.3);
table(every).print().save("heads");
const taken = without(...found.map(one => one.head));
const left = without(...others.map(one => one.head));
print(
  `${found.map(one => one.head).join(", ")} attend to the letter to be written. Without them ` +
    `${(100 * taken).toFixed(0)}% of the letters are right, without all other heads ${(100 * left).toFixed(0)}%.`,
);
record("reversal", { accuracy, heads: found.map(one => String(one.head)), without: taken, alone: left });

check("held-out strings are reversed", accuracy > 0.95);
check("a head attends to the letter to be written", found.length > 0);
check("without these heads the accuracy is below one half", taken < 0.5);
check("ablating them costs more than ablating all others", taken < left);
