// Which heads read the output of which earlier heads? The composition score of two heads (Elhage et al. 2021) is the
// part of the first head's output that lies in the subspace from which the second computes its queries (Q), keys (K) or
// values (V). This script shows the scores of all pairs in one interactive picture, lists the strongest, and then cuts
// the paths into the keys of the induction heads, strongest first, to test whether they carry what the weights predict.
//
//   lens run compositions.js [--model PATH]
import { chart, check, composition, head, hook, html, load, print, record, scores, site, table } from "lens";

const model = load();
const { nLayers, nHeads, nKvHeads } = model.config;

// ---- from the weights alone: all pairs, minus the expected score of random subspaces

const names = Array.from({ length: nLayers * nHeads }, (_, i) => `${Math.floor(i / nHeads)}.${i % nHeads}`);
const all = {
  K: composition(model, { kind: "K", baseline: true }),
  Q: composition(model, { kind: "Q", baseline: true }),
  V: composition(model, { kind: "V", baseline: true }),
};
for (const [kind, pairs] of Object.entries(all)) {
  const square = pairs.reshape({ from: names.length, to: names.length });
  const title = `${kind}-composition above that of random subspaces`;
  html.heatmap(square, { title, labels: { from: names, to: names }, lines: nHeads }).save(`${kind}-composition`);
  chart
    .heatmap(square, { title, x: "reading head", y: "writing head", labels: names.length <= 64 ? names : undefined })
    .save(`${kind}-composition`);
}
const strongest = Object.entries(all).flatMap(([kind, pairs]) =>
  pairs
    .top(10)
    .map(top => ({
      kind,
      from: head(top.fromLayer, top.fromHead),
      to: head(top.toLayer, top.toHead),
      composition: top.value,
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

const cuts = [];
const rows = [];
for (const reader of found) {
  const writers = all.K.at({ toLayer: reader.layer, toHead: reader.head })
    .top(reader.layer * nHeads)
    .map(top => head(top.fromLayer, top.fromHead));
  const amount = Math.min(4, Math.floor(writers.length / 2));
  const steps = list =>
    Array.from({ length: amount + 1 }, (_, n) => induction(n === 0 ? model : cut(list.slice(0, n), reader), reader));
  const down = steps(writers);
  const up = steps([...writers].reverse());
  cuts.push([`${reader}, strongest first`, down], [`${reader}, weakest first`, up]);
  rows.push({
    head: reader,
    writers: writers.slice(0, amount).join(" "),
    uncut: down[0],
    "strongest cut": down.at(-1),
    "weakest cut": up.at(-1),
  });
}
if (found.length > 0) {
  chart
    .line(Object.fromEntries(cuts), {
      title: "Induction heads without the heads that compose with their keys",
      x: "paths removed",
      y: "induction score",
      range: [0, 1],
    })
    .save("cuts");
  table(rows).print().save("cuts");
  record("cuts", rows);
  print(
    `Cutting the paths from the ${rows[0].writers.split(" ").length} heads that compose most with its keys lowers ` +
      `the induction score of head ${found[0]} from ${rows[0].uncut.toFixed(2)} to ` +
      `${rows[0]["strongest cut"].toFixed(2)}.`,
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
