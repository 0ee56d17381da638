// Which heads read what which earlier heads write? Elhage et al. (2021) ask the weights: the composition of two heads is
// how much of what the first can write lies where the second reads its queries (Q), keys (K) or values (V) from. This
// shows all pairs in one picture to zoom into and lists the strongest. Then it cuts the paths into the keys of the
// model's induction heads, strongest first, to see whether they carry what the weights promise.
//
//   lens run compositions.js [--model PATH]
import { chart, check, composition, head, hook, html, load, print, record, scores, site, table } from "lens";

const model = load();
const { nLayers, nHeads, nKvHeads } = model.config;

// ---- from the weights alone: all pairs, less what random subspaces score

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

// ---- the model's induction heads, on random tokens said twice

const period = 50;
const tokens = model.random({ batch: 4, length: period, repeat: 2 });
const first = tokens.length - 2 * period;

/** Attention to the token after this one's last occurrence, mean over the second copy. */
function induction(model, of) {
  const pattern = model.run(tokens, { cache: of.pattern, logits: false }).cache.get(of.pattern);
  return pattern
    .diagonal(1 - period)
    .slice({ dest: [first + 1] })
    .mean();
}

/** The model in which the keys of one head see nothing of what some earlier heads wrote; everything else does. */
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

// ---- the paths into their keys, cut

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
      title: "Induction heads without what composes with their keys",
      x: "paths cut",
      y: "induction score",
      range: [0, 1],
    })
    .save("cuts");
  table(rows).print().save("cuts");
  record("cuts", rows);
  print(
    `Cutting the paths from the ${rows[0].writers.split(" ").length} heads that compose most with its keys takes head ${found[0]} from ${rows[0].uncut.toFixed(2)} to ${rows[0]["strongest cut"].toFixed(2)}.`,
  );
  check(
    "an induction head's keys are read from the heads that compose with them most",
    rows.some(row => row["strongest cut"] < 0.5 * row.uncut),
  );
  check(
    "and not from those that compose least",
    rows.every(row => row["weakest cut"] > 0.8 * row.uncut),
  );
}
