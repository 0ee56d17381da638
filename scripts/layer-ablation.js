// Which layers can be removed? The output of every attention layer and every MLP is replaced by its mean over
// prompts, one at a time. What is left of the logit difference between right and wrong answers is measured on one half
// of the prompts, and the loss on text that the model wrote itself shows what the layer is needed for in general. Then
// the least important layers are ablated together, since single effects need not add up: in the order found on the
// first half of the prompts, measured on the other half, against a random order.
//
//   lens run layer-ablation.js [--model PATH] [--arg prompts="text => right / wrong | …"]
import { args, chart, check, layer, load, metric, mlp, patch, print, record, sweep, table } from "lens";

const model = load();
const { nLayers } = model.config;
const layers = Array.from({ length: nLayers }, (_, l) => l);

const NAMES =
  "Mary John Anna Paul Laura Tom Emma Mark Lucy James Clara Robert Julia Daniel Rosa Henry Alice Peter Nora David " +
  "Helen Simon Sara Max";
const isToken = name =>
  model.tokens(`a ${name}`, { bos: false }).length === model.tokens("a", { bos: false }).length + 1;
const names = NAMES.split(" ").filter(isToken);
const story = (a, b, giver) => `When ${a} and ${b} went to the store, ${giver} gave a drink to`;
const ours = Array.from({ length: Math.floor(names.length / 2) }, (_, i) => names.slice(2 * i, 2 * i + 2)).map(
  // both as the giver, so that the mean of all prompts favours neither
  ([a, b]) => [`${story(a, b, b)} => ${a} / ${b}`, `${story(a, b, a)} => ${b} / ${a}`],
);
const lines = args.prompts === undefined ? ours : args.prompts.split("|").map(line => [line]);
const all = lines.map(group =>
  group.map(line => {
    const [, text, right, wrong] = /^\s*(.*?)\s*=>\s*(\S+)\s*\/\s*(\S+)\s*$/s.exec(line) ?? [];
    if (text === undefined) throw new Error(`a prompt is written "text => right / wrong", not "${line.trim()}"`);
    return { text, correct: ` ${right}`, wrong: ` ${wrong}` };
  }),
);
const length = model.tokens(all[0][0].text).length;
const groups = all.filter(group => group.every(({ text }) => model.tokens(text).length === length));
if (groups.length < all.length) print(`${all.length - groups.length} prompts of another length are left out.`);
const half = parity => {
  const chosen = groups.filter((_, i) => groups.length === 1 || i % 2 === parity).flat();
  const of = key => chosen.map(prompt => prompt[key]);
  const difference = metric.logitDiff({ correct: of("correct"), wrong: of("wrong") });
  const tokens = model.tokens(of("text"));
  return { tokens, metric: difference, lead: difference.of(model.run(tokens, { at: -1 })).mean() };
};
const [chosen, held] = [half(0), half(1)];
// what the model writes after one token drawn at random
const samples = model.generate(model.random({ batch: 4, length: 1 }), { max: 24, temperature: 1 }).tokens.toArray();
const shortest = samples.reduce((least, row) => Math.min(least, row.length), Infinity);
const written = model.tokens(samples.map(row => row.slice(0, shortest)));
const text = { tokens: written, metric: metric.loss() };
const loss = text.metric.of(model.run(written, { loss: true })).mean();

// An output is replaced by its mean over all rows and positions after the first, which holds no information about a
// particular prompt; the first position stays, since it is unlike all others in many models
const out = { attention: l => layer(l).attnOut, MLP: l => mlp(l).out };
const value = { attention: "attn", MLP: "mlp" };
function removal(tokens) {
  const run = model.run(tokens, { cache: ["blocks.*.hook_attn_out", "blocks.*.hook_mlp_out"], logits: false });
  const places = Array.from({ length: run.tokens.length - 1 }, (_, i) => i + 1);
  return ({ part, layer }) => {
    const mean = run.cache
      .get(`blocks.${layer}.hook_${value[part]}_out`)
      .slice({ pos: [1] })
      .mean("batch", "pos");
    return patch(out[part](layer).at(places), { from: mean });
  };
}
const removed = removal(groups.flat().map(({ text }) => text));
const removedText = removal(written);

// ---- one layer at a time: the remaining fraction of the mean logit difference, and the loss added, [part, layer]

const over = { part: Object.keys(out), layer: layers };
const fraction = ({ tokens, metric, lead }) => sweep(model, tokens, { over, apply: removed, metric }).div(lead);
const [first, second] = [fraction(chosen), fraction(held)];
const costs = sweep(model, written, { over, apply: removedText, metric: text.metric }).sub(loss);
const both = ({ part }) => ({ "one half of the prompts": first.at({ part }), "the other half": second.at({ part }) });
const least = Math.min(0, first.min(), second.min());
const most = Math.max(1, first.max(), second.max());
chart
  .grid(
    Object.keys(out).map((title, part) =>
      chart.bar(both({ part }), {
        title,
        x: "layer",
        y: "fraction of the difference",
        reference: { y: 1, label: "whole model" },
        labels: layers,
        range: [least, most],
      }),
    ),
    { columns: 1, title: "Logit difference with one layer replaced by its mean", width: "page" },
  )
  .save("one-by-one");
chart
  .bar(
    { attention: costs.at({ part: 0 }), MLP: costs.at({ part: 1 }) },
    { title: "Loss added on the model's own text", x: "layer", y: "nats per token", labels: layers, width: "page" },
  )
  .save("text");

const parts = Object.keys(out).flatMap((part, p) =>
  layers.map(l => ({ part, layer: l, left: first.get(p, l), held: second.get(p, l), cost: costs.get(p, l) })),
);
const order = [...parts].sort((a, b) => b.left - a.left);
table(
  order.map(one => ({
    removed: `${one.part} ${one.layer}`,
    "fraction left": one.left,
    "on the other half": one.held,
    "loss added on text": one.cost,
  })),
)
  .print()
  .save("layers");
record("left", [first, second]);
record("loss added", costs);

// ---- together: the least important first, or in a random order

const step = Math.max(1, Math.round(parts.length / 30));
const counts = parts.map((_, n) => n + 1).filter(n => n % step === 0 || n === parts.length);
const draws = Array.from({ length: 3 }, () =>
  parts
    .map(one => ({ one, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one),
);
const byCost = [...parts].sort((a, b) => a.cost - b.cost);
const together = ({ tokens, metric }, list, removed) =>
  sweep(model, tokens, { over: counts, apply: n => list.slice(0, n).map(removed), metric });
const kept = together(held, order, removed).div(held.lead).toArray();
const random = draws.map(draw => together(held, draw, removed).div(held.lead).toArray());
const added = {
  "least important for the prompts first": together(text, order, removedText).sub(loss).toArray(),
  "least important for text first": together(text, byCost, removedText).sub(loss).toArray(),
};
chart
  .grid(
    [
      chart.line(
        {
          "least important first": kept,
          ...Object.fromEntries(random.map((line, i) => [`random order ${i + 1}`, line])),
        },
        {
          title: "Logit difference on the other half",
          x: "layers removed",
          y: "fraction of the difference",
          labels: counts,
          styles: Object.fromEntries(random.map((_, i) => [`random order ${i + 1}`, "dashed"])),
        },
      ),
      chart.line(added, { title: "Loss added on text", x: "layers removed", y: "nats per token", labels: counts }),
    ],
    { columns: 2, title: "Attention layers and MLPs removed together", width: "page" },
  )
  .save("together");
record("together", { counts, kept, random, added });

// ---- results

const nameAll = list => list.map(one => `${one.part} ${one.layer}`).join(", ") || "none";
/** The largest number of layers up to which all values are good. */
const last = (values, good) => {
  const bad = values.findIndex(value => !good(value));
  return bad === -1 ? counts.length : bad;
};
const enough = last(kept, left => left >= 0.8);
const byLuck = random.map(line => counts[last(line, left => left >= 0.8) - 1] ?? 0);
const dispensable = counts[enough - 1] ?? 0;
const cheap = counts[last(added["least important for text first"], cost => cost <= 0.2) - 1] ?? 0;
const [vital] = order.slice(-1);
print(
  `The mean logit difference of the whole model is ${held.lead.toFixed(1)}; its own text costs ` +
    `${loss.toFixed(2)} nats.`,
);
print(
  `${dispensable} of ${order.length} layers can be removed together before a fifth of the difference on other ` +
    `prompts is lost: ${nameAll(order.slice(0, dispensable))}. In random orders, ${byLuck.join(", ")}.`,
);
const price = enough === 0 ? 0 : added["least important for the prompts first"][enough - 1];
print(
  `On text these ${dispensable} cost ${price.toFixed(2)} nats per token; ${cheap} others can be removed there before ` +
    `0.2 nats are added: ${nameAll(byCost.slice(0, cheap))}.`,
);
print(
  `The most important one is ${vital.part} ${vital.layer}: without it ${(100 * vital.left).toFixed(0)} % of the ` +
    `difference remains, ${(100 * vital.held).toFixed(0)} % on the other half.`,
);
const area = line => line.reduce((sum, left) => sum + Math.min(1, Math.max(0, left)), 0) / line.length;
const byChance = random.reduce((sum, line) => sum + area(line), 0) / random.length;
print(
  `Over all numbers of layers removed, ${area(kept).toFixed(2)} of the difference is left on average in the order of ` +
    `importance, ${random.map(line => area(line).toFixed(2)).join(", ")} in random orders.`,
);

check(
  "some layer can be removed at a cost below 20 % on other prompts too",
  order[0].left > 0.8 && order[0].held > 0.8,
);
check("without some layer less than half of the difference remains", vital.left < 0.5 && vital.held < 0.5);
check("more is left in the order of importance than in random orders on average", area(kept) > 1.5 * byChance);
check("with every layer removed nothing of the difference remains", Math.abs(kept[kept.length - 1]) < 0.2);
