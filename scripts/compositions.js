// Which heads read the output of which earlier heads? The composition score of two heads (Elhage et al. 2021) is the
// part of the first head's output that lies in the subspace from which the second computes its queries (Q), keys (K) or
// values (V). This script shows the scores of all pairs in one interactive picture, and compares them with two
// baselines: random subspaces, and heads whose output has the same norm and spectrum but random directions. It lists
// the strongest pairs, and then cuts the paths into the keys of the induction heads, strongest first, to test whether
// they carry what the weights predict.
//
//   lens run compositions.js [--model PATH] [--arg cuts=4]
import {
  args,
  chart,
  check,
  composition,
  edit,
  head,
  hook,
  html,
  load,
  print,
  record,
  scores,
  site,
  stack,
  table,
  tensor,
} from "lens";

const model = load();
const { nLayers, nHeads, nKvHeads, dModel } = model.config;
const names = Array.from({ length: nLayers * nHeads }, (_, i) => `${Math.floor(i / nHeads)}.${i % nHeads}`);
/** @type {("K" | "Q" | "V")[]} */
const kinds = ["K", "Q", "V"];
const shuffle = list =>
  list
    .map(item => [Math.random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

// ---- from the weights alone: all pairs, and all pairs of a model in which every head writes in random directions: the
//      coordinates of its output are shuffled and their signs drawn, which is an orthogonal map

const writes = layer =>
  stack(
    Array.from({ length: nHeads }, (_, h) => {
      const order = shuffle(Array.from({ length: dModel }, (_, i) => i));
      const signs = tensor(
        order.map(() => (Math.random() < 0.5 ? -1 : 1)),
        "dModel",
      );
      return model.weights.W_O(layer, h).gather("dModel", order).mul(signs);
    }),
    "head",
  );
const shuffled = model.edit(Array.from({ length: nLayers }, (_, layer) => edit.set("W_O", layer, writes(layer))));
const all = Object.fromEntries(kinds.map(kind => [kind, composition(model, { kind })]));
const random = Object.fromEntries(kinds.map(kind => [kind, composition(shuffled, { kind })]));
const numbers = scores => Array.from(scores.copy().data).filter(value => !Number.isNaN(value));
const baseline = 1 / Math.sqrt(dModel);
const distribution = kinds.map(kind => {
  const [real, drawn] = [numbers(all[kind]), numbers(random[kind])];
  const largest = drawn.reduce((a, b) => Math.max(a, b), 0);
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = real.filter(value => value > largest).length;
  return {
    kind,
    pairs: real.length,
    "random subspaces": baseline,
    "random directions, mean": mean(drawn),
    "random directions, largest": largest,
    "heads, mean": mean(real),
    "heads, largest": real.reduce((a, b) => Math.max(a, b), 0),
    "pairs above every random one": above,
    share: above / real.length,
  };
});
table(distribution).print().save("baselines");
record("baselines", distribution);
chart
  .grid(
    kinds.map(kind =>
      chart.histogram(
        { heads: numbers(all[kind]), "random directions": numbers(random[kind]) },
        { title: `${kind}-composition`, x: "score", y: "pairs of heads" },
      ),
    ),
    { columns: 3, title: "Composition of all pairs of heads, and with random directions", width: "page" },
  )
  .save("baselines");
for (const kind of kinds) {
  const square = all[kind].sub(baseline).reshape({ from: names.length, to: names.length });
  const title = `${kind}-composition above that of random subspaces`;
  html.heatmap(square, { title, labels: { from: names, to: names }, lines: nHeads }).save(`${kind}-composition`);
  chart
    .heatmap(square, { title, label: "score above chance", x: "reading head", y: "writing head", labels: names })
    .save(`${kind}-composition`);
}
chart
  .grid(
    kinds.map(kind =>
      chart.heatmap(all[kind].sub(baseline).max("fromHead", "toHead"), {
        title: `${kind}-composition`,
        x: "reading layer",
        y: "writing layer",
        label: "score above chance",
        range: [0, Math.max(...distribution.map(row => row["heads, largest"])) - baseline],
      }),
    ),
    { columns: 3, title: "Strongest pair of heads of two layers, above random subspaces", width: "page" },
  )
  .save("layers");
const strongest = kinds.flatMap(kind =>
  all[kind]
    .top(10)
    .map(top => ({
      kind,
      from: head(top.fromLayer, top.fromHead),
      to: head(top.toLayer, top.toHead),
      composition: top.value - baseline,
    })),
);
table(strongest).print().save("strongest");
record("strongest", strongest);

// ---- the induction heads of the model, on random tokens repeated once

const period = 50;
const tokens = model.random({ batch: 4, length: period, repeat: 2 });
const first = tokens.length - 2 * period;

/** Returns the attention to the token after the previous occurrence, averaged over the second copy. */
function induction(model, of) {
  const pattern = model.run(tokens, { cache: of.pattern, logits: false }).cache.get(of.pattern);
  return pattern
    .diagonal(1 - period)
    .slice({ dest: [first + 1] })
    .mean();
}

/** Returns the model in which the output of some earlier heads is removed from the input of one head's keys only. */
function cut(from, to) {
  const run = model.run(tokens, { cache: from.map(one => one.result), logits: false });
  const group = Math.floor(to.head / (nHeads / nKvHeads));
  return model.with(
    hook(site(`blocks.${to.layer}.hook_k_input`), input => {
      const seen = input.at({ kvHead: group });
      for (const one of from) seen.fill(seen.sub(run.cache.get(one.result)));
    }),
  );
}

const found = scores
  .induction(model)
  .top(3)
  .filter(top => top.value > 0.4)
  .map(top => head(top.layer, top.head))
  .filter(one => one.layer > 0);
check("the model has an induction head to test compositions on", found.length > 0);

// ---- cutting the paths into their keys

const panels = [];
const rows = [];
for (const reader of found) {
  const writers = all.K.at({ toLayer: reader.layer, toHead: reader.head })
    .top(reader.layer * nHeads)
    .map(top => head(top.fromLayer, top.fromHead));
  const amount = Math.min(Number(args.cuts ?? 4), Math.floor(writers.length / 2));
  const uncut = induction(model, reader);
  const steps = list => [
    uncut,
    ...Array.from({ length: amount }, (_, n) => induction(cut(list.slice(0, n + 1), reader), reader)),
  ];
  const lines = {
    "strongest first": steps(writers),
    "at random": steps(shuffle(writers.slice(amount))),
    "weakest first": steps([...writers].reverse()),
  };
  panels.push(
    chart.line(lines, {
      title: `head ${reader}`,
      x: "heads cut from its keys",
      y: "induction score",
      range: [0, 1],
      styles: { "at random": "dashed", "weakest first": "dotted" },
    }),
  );
  const [down, others, up] = Object.values(lines).map(line => line.at(-1));
  rows.push({
    head: reader,
    writers: writers.slice(0, amount).join(" "),
    uncut,
    "strongest one cut": lines["strongest first"][1],
    "strongest cut": down,
    "random cut": others,
    "weakest cut": up,
  });
}
if (found.length > 0) {
  chart
    .grid(panels, {
      columns: panels.length,
      title: "Induction heads whose keys do not read some earlier heads",
      width: "page",
    })
    .save("cuts");
  table(rows).print().save("cuts");
  record("cuts", rows);
  print(
    `Cutting the paths from the ${rows[0].writers.split(" ").length} heads that compose most with its keys lowers ` +
      `the induction score of head ${found[0]} from ${rows[0].uncut.toFixed(2)} to ` +
      `${rows[0]["strongest cut"].toFixed(2)}; from as many others at random, to ${rows[0]["random cut"].toFixed(2)}.`,
  );
  check(
    "an induction head depends on the heads that compose most with its keys",
    rows.some(row => row["strongest cut"] < 0.5 * row.uncut),
  );
  check(
    "the heads that compose least do not matter",
    rows.every(row => row["weakest cut"] > 0.8 * row.uncut),
  );
}
check(
  "some pairs compose more than every pair with random directions",
  distribution.every(row => row["pairs above every random one"] > 0),
);
