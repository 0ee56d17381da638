// Which heads identify the indirect object? "When Mary and John went to the store, John gave a drink to" is continued
// with the name that occurs only once. Wang et al. (2022) found the circuit of GPT-2 by path patching backwards from
// the logits; this script does the same, prunes the model down to a circuit, and measures how much of the behaviour the
// circuit explains.
//
//   lens run ioi.js [--model PATH] [--arg prompts=16] [--arg threshold=0.1]
import {
  ablate,
  args,
  attribution,
  chart,
  check,
  circuit,
  head,
  heads,
  load,
  metric,
  patching,
  print,
  record,
  table,
} from "lens";

const model = load();
const count = Number(args.prompts ?? 16);
const threshold = Number(args.threshold ?? 0.1);

// ---- prompts, and corrupted prompts with three other names, in which no name is repeated

const names = "Mary John Anna Tom Sara Paul Emma Mark Lucy James Clara Robert Julia Daniel Rosa Henry"
  .split(" ")
  .filter(name => model.tokens(`a ${name}`).length === model.tokens("a").length + 1); // one token after a space
const say = (first, second, giver) => `When ${first} and ${second} went to the store, ${giver} gave a drink to`;
const prompts = Array.from({ length: count }, (_, i) => {
  const [object, subject, a, b, c] = [0, 1, 3, 6, 10].map(step => names[(i + step) % names.length]);
  return {
    object,
    subject,
    clean: i % 2 ? say(object, subject, subject) : say(subject, object, subject),
    corrupted: say(a, b, c),
  };
});
const clean = model.tokens(prompts.map(p => p.clean));
const corrupted = model.tokens(prompts.map(p => p.corrupted));
const correct = prompts.map(p => ` ${p.object}`);
const wrong = prompts.map(p => ` ${p.subject}`);
const difference = metric.logitDiff({ correct, wrong }); // logit of the indirect object minus that of the subject
const pair = { clean, corrupted, metric: difference };

const run = model.run(clean, { cache: heads().pattern });
const whole = difference.of(run);
const base = whole.mean();
const none = difference.of(model.run(corrupted)).mean();
const right = whole.toArray().filter(x => x > 0).length / count;
print(
  `Logit difference ${base.toFixed(2)}, ${none.toFixed(2)} with other names; ` +
    `right on ${(100 * right).toFixed(0)} % of ${count} prompts.`,
);
record("ioi.logitDiff", base);

// ---- direct effects of heads on the logits, and effects through MLPs

const direct = attribution.direct(run, { correct, wrong, by: "head" }).mean("batch");
const toLogits = patching.path(model, { ...pair, receivers: "logits" }).sub(base);
chart
  .grid(
    [
      chart.heatmap(direct, { title: "written directly", x: "head", y: "layer", diverging: true }),
      chart.heatmap(toLogits, { title: "path to the logits patched", x: "head", y: "layer", diverging: true }),
    ],
    { title: "Change of the logit difference" },
  )
  .save("heads");

const strongest = (effects, share) =>
  effects
    .abs()
    .top(model.config.nLayers * model.config.nHeads)
    .filter(one => one.value >= share * Math.abs(base - none))
    .map(({ layer, head: number }) => head(layer, number))
    .slice(0, 12);
const movers = strongest(toLogits, threshold);
print(
  `Heads that carry the answer to the logits: ${movers.join(", ")}. ` +
    `Their effect is ${direct.abs().max() > 0.1 * base ? "direct" : "mostly through MLPs"}.`,
);

// ---- backwards: the heads that affect the queries, keys and values of these heads

const reads = ["q", "k", "v"].map(kind =>
  patching.path(model, { ...pair, receivers: movers.map(h => h[kind]) }).sub(base),
);
const largest = Math.max(...reads.map(effect => effect.abs().top(1)[0].value));
chart
  .grid(
    reads.map((effect, i) =>
      chart.heatmap(effect, {
        title: `into their ${["queries", "keys", "values"][i]}`,
        x: "head",
        y: "layer",
        range: [-largest, largest],
      }),
    ),
    { title: `Paths into ${movers.join(", ")}: change of the logit difference`, columns: 3 },
  )
  .save("backwards");
const graph = patching.iterate(model, { ...pair, top: 4, depth: 3, threshold: threshold / 2 });
table(graph.edges.map(({ from, to, effect }) => ({ from, to, effect })))
  .print()
  .save("paths");

// ---- the circuit, and how much it explains

const found = circuit.discover(model, { ...pair, threshold, ablate: "mean", name: "Indirect object identification" });
const explained = found.evaluate(model, pair);
found.draw().save("circuit");
found.save("circuit");
table(
  Object.entries(explained.minimality).map(([node, minimality]) => ({
    head: node,
    minimality,
    "circuit without it": explained.without[node].circuit,
  })),
)
  .print()
  .save("circuit");
const size = Object.keys(found.nodes).length;
const all = model.config.nLayers * model.config.nHeads;
print(
  `${size} of ${all} heads keep ${(100 * explained.faithfulness).toFixed(0)} % of the logit difference; ` +
    `completeness ${explained.completeness.toFixed(2)}.`,
);
record("ioi.faithfulness", explained.faithfulness);
record("ioi.completeness", explained.completeness);
record("ioi.circuit", found);

// ---- verification by ablation: without the heads that carry the answer, and without as many others

const others = model
  .heads(heads())
  .filter(one => !(String(one) in found.nodes))
  .slice(0, movers.length);
const without = some =>
  difference.of(model.with(ablate(some, { with: "mean", over: corrupted, by: "position" })).run(clean)).mean();
const left = { carriers: without(movers), others: without(others) };
chart
  .bar([base, explained.circuit, left.carriers, left.others], {
    title: "Indirect object minus subject",
    y: "logit difference",
    labels: ["model", "circuit", `without ${movers.join(" ")}`, `without ${others.join(" ")}`],
  })
  .save("knocked out");

check("the model identifies the indirect object", right >= 0.9);
check("path patching finds heads that carry the answer", movers.length > 0);
check("the circuit is smaller than the model", size < all);
check("the circuit alone keeps at least 80 % of the logit difference", explained.faithfulness >= 0.8);
check("ablating the heads that carry the answer removes more than half of it", left.carriers < base / 2);
check("ablating as many heads outside the circuit keeps more than half of it", left.others > base / 2);
