// Which layers can be removed? The output of every attention layer and every MLP is replaced by its mean over all
// prompts, one at a time, and the logit difference between right and wrong answer is measured on several prompts. Then
// the least important layers are ablated together, one after the other, since single effects need not add up.
//
//   lens run layer-ablation.js [--model PATH] [--arg prompts="text => right / wrong | …"]
import { ablate, args, chart, check, layer, load, metric, mlp, print, record, sweep, table, tensor } from "lens";

const model = load();
const { nLayers } = model.config;

const PROMPTS = `
  When Mary and John went to the store, John gave a drink to          => Mary / John    |
  While Tom and Anna were at the park, Anna handed the key to         => Tom / Anna     |
  Then, Paul and Laura went to the house. Paul gave a book to         => Laura / Paul   |
  Emma met James at the school. Then Emma said hello to               => James / Emma   |
  Friends Lucy and Mark found a ball at the park. Mark gave a drink to => Lucy / Mark   |
  As Robert and Clara left the house, Clara wrote a letter to         => Robert / Clara`;

const prompts = (args.prompts ?? PROMPTS).split("|").map(line => {
  const [, text, right, wrong] = /^\s*(.*?)\s*=>\s*(\S+)\s*\/\s*(\S+)\s*$/s.exec(line) ?? [];
  if (text === undefined) throw new Error(`a prompt is written "text => right / wrong", not "${line.trim()}"`);
  return { text, metric: metric.logitDiff({ correct: ` ${right}`, wrong: ` ${wrong}` }) };
});

// the mean over all prompts and positions, which holds no information about a particular prompt
const reference = model.tokens(prompts.map(prompt => prompt.text));
const out = { attention: l => layer(l).attnOut, MLP: l => mlp(l) };
const removed = ({ part, layer }) => ablate(out[part](layer), { with: "mean", over: reference });

// ---- one layer at a time: the remaining fraction of the mean logit difference, [prompt, part, layer]

const lead = tensor(
  prompts.map(({ text, metric }) => metric.of(model.run(text, { at: -1 })).item()),
  "prompt",
).mean();
const left = tensor(
  prompts.map(({ text, metric }) =>
    sweep(model, text, { over: { part: Object.keys(out), layer: nLayers }, apply: removed, metric })
      .div(lead)
      .toArray(),
  ),
  ["prompt", "part", "layer"],
);

const mean = left.mean("prompt");
const spread = left.std("prompt");
const layers = Array.from({ length: nLayers }, (_, l) => l);
const byPart = numbers => ({ attention: numbers.at({ part: 0 }), MLP: numbers.at({ part: 1 }) });
chart
  .bar(byPart(mean), {
    title: "Logit difference with one layer ablated",
    x: "layer",
    y: "fraction of the whole model's",
    labels: layers,
    errors: byPart(spread),
  })
  .save("one-by-one");

const order = ["attention", "MLP"]
  .flatMap((part, p) => layers.map(l => ({ part, layer: l, left: mean.get(p, l), spread: spread.get(p, l) })))
  .sort((a, b) => b.left - a.left);
table(
  order.map(one => ({ "taken out": `${one.part} ${one.layer}`, "lead left": one.left, "± over prompts": one.spread })),
)
  .print()
  .save("layers");
record("left", mean);

// ---- together: the least important first

const together = prompts.map(({ text, metric }) =>
  sweep(model, text, { over: order.map((_, n) => order.slice(0, n + 1)), apply: cells => cells.map(removed), metric })
    .div(lead)
    .toArray(),
);
const joint = tensor(together, ["prompt", "taken"]);
chart
  .line(joint.mean("prompt"), {
    title: "Layers ablated together, the least important first",
    x: "number of layers",
    y: "remaining logit difference",
    errors: joint.std("prompt"),
    labels: order.map((_, n) => n + 1),
  })
  .save("together");
record("together", joint.mean("prompt"));

// ---- results

const dispensable = joint
  .mean("prompt")
  .toArray()
  .findIndex(share => share < 0.8);
const [vital] = order.slice(-1);
print(`The mean logit difference of the whole model on ${prompts.length} prompts is ${lead.toFixed(1)}.`);
print(
  `${dispensable} of ${order.length} layers can be ablated together before a fifth of it is lost: ${
    order
      .slice(0, dispensable)
      .map(one => `${one.part} ${one.layer}`)
      .join(", ") || "none"
  }.`,
);
print(
  `The most important one is ${vital.part} ${vital.layer}: ` +
    `without it ${(100 * vital.left).toFixed(0)} % of the difference remains.`,
);

check("some layer can be ablated at a cost below 20 %", order[0].left > 0.8);
check("without some layer less than half of the difference remains", vital.left < 0.5);
check(
  "with every layer ablated nothing of the difference remains",
  Math.abs(joint.mean("prompt").get(order.length - 1)) < 0.2,
);
