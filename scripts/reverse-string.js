// A small model learns to write strings backwards, and the heads that do it are found by where they look: at the letter to
// be written next, which lies as far before the bar as the place to be filled lies behind it. Taking them out confirms it.
//
//   lens run reverse-string.js [--arg letters=10] [--arg length=6] [--arg steps=600]
import { ablate, args, chart, check, head, print, record, seed, table, tasks, tensor, train } from "lens";

const length = Number(args.length ?? 6);
const steps = Number(args.steps ?? 600);
const task = tasks.reversal({ letters: Number(args.letters ?? 10), length });
print(task);

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
chart.line(model.losses, { title: "Learning to write backwards", x: "step", y: "loss", log: "y" }).save("loss");
print(`${(100 * accuracy).toFixed(1)}% of the letters of strings it never saw are right.`);

// ---- where every head looks: from each place behind the bar to the letter that belongs there

const tokens = task.rows(200, { split: "heldOut", seed: seed + 1 });
const places = Array.from({ length }, (_, i) => length + 1 + i); // behind the bar
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

// ---- what is left without each head, without those that look there, and without all others

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
  `${found.map(one => one.head).join(", ")} look at the letter to be written. Without them ${(100 * taken).toFixed(0)}% of the letters are right, without all other heads ${(100 * left).toFixed(0)}%.`,
);
record("reversal", { accuracy, heads: found.map(one => String(one.head)), without: taken, alone: left });

check("strings that were never seen are written backwards", accuracy > 0.95);
check("some head looks at the letter to be written", found.length > 0);
check("without the heads that look there, little is left", taken < 0.5);
check("without them the model does worse than without all others", taken < left);
