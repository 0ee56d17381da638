// Which layers can be removed? The output of every attention layer and every MLP is replaced by its mean over all
// prompts, one at a time. What is left of the logit difference between right and wrong answers is measured on one half
// of the prompts, and the loss on text that the model wrote itself shows what the layer is needed for in general. Then
// the least important layers are ablated together, since single effects need not add up: in the order found on the first
// half of the prompts, measured on the other half, against a random order.
//
//   lens run layer-ablation.js [--model PATH] [--arg prompts="text => right / wrong | …"]
import { ablate, args, chart, check, layer, load, metric, mlp, print, record, sweep, table } from "lens";

const model = load();
const { nLayers } = model.config;
const layers = Array.from({ length: nLayers }, (_, l) => l);

const PROMPTS = `
  When Mary and John went to the store, John gave a drink to           => Mary / John    |
  When Rosa and Henry went to the park, Henry gave a ball to           => Rosa / Henry   |
  While Tom and Anna were at the park, Anna handed the key to          => Tom / Anna     |
  While Julia and Daniel were at the house, Daniel handed the book to  => Julia / Daniel |
  Then, Paul and Laura went to the house. Paul gave a book to          => Laura / Paul   |
  Then, Mary and James went to the school. Mary gave a key to          => James / Mary   |
  Emma met James at the school. Then Emma said hello to                => James / Emma   |
  Paul met Clara at the store. Then Paul said hello to                 => Clara / Paul   |
  Friends Lucy and Mark found a ball at the park. Mark gave a drink to => Lucy / Mark    |
  Friends John and Anna found a key at the store. Anna gave a book to  => John / Anna    |
  As Robert and Clara left the house, Clara wrote a letter to          => Robert / Clara |
  As Daniel and Emma left the school, Emma wrote a letter to           => Daniel / Emma`;

const prompts = (args.prompts ?? PROMPTS).split("|").map(line => {
  const [, text, right, wrong] = /^\s*(.*?)\s*=>\s*(\S+)\s*\/\s*(\S+)\s*$/s.exec(line) ?? [];
  if (text === undefined) throw new Error(`a prompt is written "text => right / wrong", not "${line.trim()}"`);
  return { text, correct: ` ${right}`, wrong: ` ${wrong}` };
});
const half = parity => {
  const chosen = prompts.filter((_, i) => prompts.length === 1 || i % 2 === parity);
  const of = key => chosen.map(prompt => prompt[key]);
  const difference = metric.logitDiff({ correct: of("correct"), wrong: of("wrong") });
  const tokens = model.tokens(of("text"));
  return { tokens, metric: difference, lead: difference.of(model.run(tokens, { at: -1 })).mean() };
};
const [chosen, held] = [half(0), half(1)];
const written = model.generate(["The", "When the", "There was a", "One day"], { max: 24, temperature: 1 }).tokens;
const text = { tokens: written, metric: metric.loss() };
const loss = text.metric.of(model.run(written, { loss: true })).mean();

// the mean over all prompts and positions, which holds no information about a particular prompt
const reference = model.tokens(prompts.map(prompt => prompt.text));
const out = { attention: l => layer(l).attnOut, MLP: l => mlp(l) };
const removed = ({ part, layer }) => ablate(out[part](layer), { with: "mean", over: reference });
const removedText = ({ part, layer }) => ablate(out[part](layer), { with: "mean", over: written });

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
        labels: layers,
        range: [least, most],
      }),
    ),
    { columns: 1, title: "Logit difference with one layer replaced by its mean" },
  )
  .save("one-by-one");
chart
  .bar(
    { attention: costs.at({ part: 0 }), MLP: costs.at({ part: 1 }) },
    { title: "Loss added on the model's own text", x: "layer", y: "nats per token", labels: layers },
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
const shuffled = [...parts].map(one => [Math.random(), one]).sort(([a], [b]) => a - b).map(([, one]) => one);
const byCost = [...parts].sort((a, b) => a.cost - b.cost);
const together = ({ tokens, metric }, list, removed) =>
  sweep(model, tokens, { over: counts, apply: n => list.slice(0, n).map(removed), metric });
const kept = {
  "least important first": together(held, order, removed).div(held.lead).toArray(),
  "random order": together(held, shuffled, removed).div(held.lead).toArray(),
};
const added = {
  "least important for the prompts first": together(text, order, removedText).sub(loss).toArray(),
  "least important for text first": together(text, byCost, removedText).sub(loss).toArray(),
};
chart
  .grid(
    [
      chart.line(kept, {
        title: "Logit difference on the other half",
        x: "layers removed",
        y: "fraction of the difference",
        labels: counts,
      }),
      chart.line(added, { title: "Loss added on text", x: "layers removed", y: "nats per token", labels: counts }),
    ],
    { columns: 2, title: "Attention layers and MLPs removed together" },
  )
  .save("together");
record("together", { counts, kept, added });

// ---- results

const nameAll = list => list.map(one => `${one.part} ${one.layer}`).join(", ") || "none";
/** The largest number of layers up to which all values are good. */
const last = (values, good) => {
  const bad = values.findIndex(value => !good(value));
  return bad === -1 ? counts.length : bad;
};
const enough = last(kept["least important first"], left => left >= 0.8);
const random = last(kept["random order"], left => left >= 0.8);
const dispensable = counts[enough - 1] ?? 0;
const cheap = counts[last(added["least important for text first"], cost => cost <= 0.2) - 1] ?? 0;
const vital = order.at(-1);
print(`The mean logit difference of the whole model is ${held.lead.toFixed(1)}; its own text costs ${loss.toFixed(2)} nats.`);
print(
  `${dispensable} of ${order.length} layers can be removed together before a fifth of the difference on other prompts ` +
    `is lost: ${nameAll(order.slice(0, dispensable))}. In a random order, ${counts[random - 1] ?? 0}.`,
);
print(
  `On text these ${dispensable} cost ${(enough === 0 ? 0 : added["least important for the prompts first"][enough - 1]).toFixed(2)} ` +
    `nats per token; ${cheap} others can be removed there before 0.2 nats are added: ${nameAll(byCost.slice(0, cheap))}.`,
);
print(
  `The most important one is ${vital.part} ${vital.layer}: without it ${(100 * vital.left).toFixed(0)} % of the ` +
    `difference remains, ${(100 * vital.held).toFixed(0)} % on the other half.`,
);

check("some layer can be removed at a cost below 20 % on other prompts too", order[0].left > 0.8 && order[0].held > 0.8);
check("without some layer less than half of the difference remains", vital.left < 0.5 && vital.held < 0.5);
check("more can be removed in the order of importance than in a random order", enough > random);
check(
  "with every layer removed nothing of the difference remains",
  Math.abs(kept["least important first"].at(-1)) < 0.2,
);
