// What makes a neuron, a head or a direction fire? One pass over a dataset finds, for every neuron of every MLP and for
// every head, the texts on which it is largest, how often it is active, and the distribution of its values. The pages
// show each text coloured by the values, and which tokens a neuron promotes.
//
// Checked: the largest value that the survey reports for a neuron is what a run of that one text alone computes.
//
//   lens run max-activating.js [--model PATH] [--arg data=texts.jsonl] [--arg column=text] [--arg rows=256]
//     [--arg length=64] [--arg shown=40]
import {
  args,
  chart,
  check,
  collect,
  dataset,
  head,
  heads,
  html,
  load,
  mlps,
  print,
  record,
  survey,
  table,
} from "lens";

const model = load();
const { nLayers, nHeads, dMlp } = model.config;
const rows = Number(args.rows ?? 256);
const length = Number(args.length ?? Math.min(64, model.config.nCtx));
const shown = Number(args.shown ?? 40);

// without a dataset, texts that the model writes itself after one token drawn at random
const options = { column: args.column ?? "text", limit: rows, length, pack: args.data !== undefined };
const own = () => {
  const written = model.generate(model.random({ batch: Math.min(rows, 96), length: 1 }), { max: 40, temperature: 1 });
  return written.tokens.toArray();
};
const data = args.data === undefined ? dataset(own(), { limit: rows, length }) : dataset(args.data, options);

// the first token is left out: in many models its values are unlike all others
const at = Array.from({ length: length - 1 }, (_, i) => i + 1);
const neurons = mlps("*").post;
const found = survey(model, data, {
  at,
  collect: {
    neurons: collect.top(neurons, { k: 12, context: 8 }),
    heads: collect.top(heads().z, { per: "head", k: 12, context: 8 }),
    active: collect.frequency(neurons, { above: 0.1 }),
    spread: collect.quantiles(neurons),
    loss: collect.loss(),
  },
});
print(`${found.read}; loss ${found.loss}`);
record("rows", found.read.rows);
record("tokens", found.read.tokens);
record("loss", found.loss.mean);

// ---- which neurons are the most selective: far above their layer's ordinary values, and rarely

const active = found.active.tensor;
const layers = Array.from({ length: nLayers }, (_, l) => l);
const candidates = layers.flatMap(l => {
  const largest = found.neurons.largest(`blocks.${l}.mlp.hook_post`);
  const ordinary = Math.max(1e-6, found.spread.get(0.99, `blocks.${l}.mlp.hook_post`));
  return largest.top(Math.min(8, dMlp)).map(({ value, dMlp: neuron }) => {
    const share = active.get(...(nLayers === 1 ? [neuron] : [l, neuron]));
    return { layer: l, neuron, largest: value, "times its layer's 99 %": value / ordinary, "share active": share };
  });
});
candidates.sort((a, b) => b["times its layer's 99 %"] - a["times its layer's 99 %"]);
const chosen = candidates.slice(0, shown);
const site = ({ layer }) => `blocks.${layer}.mlp.hook_post`;
const example = one => found.neurons.examples(site(one), one.neuron)[0];
const here = one => {
  const { pieces, peak } = example(one);
  return pieces
    .map((piece, i) => (i === peak ? `[${piece}]` : piece))
    .join("")
    .replaceAll("▁", " ");
};
table(chosen.map(one => ({ ...one, "where it is largest": here(one) })))
  .print()
  .save("neurons");
html
  .examples(found.neurons, { of: chosen.map(({ layer, neuron }) => [site({ layer }), neuron]), title: "Neurons" })
  .save("neurons");

// ---- heads, by the length of what they write

const z = layers.map(l => found.heads.largest(`blocks.${l}.attn.hook_z`));
const loudest = layers.flatMap(l =>
  Array.from({ length: nHeads }, (_, h) => ({ layer: l, head: h, largest: nHeads === 1 ? z[l].item() : z[l].get(h) })),
);
loudest.sort((a, b) => b.largest - a.largest);
html
  .examples(found.heads, { of: loudest.slice(0, shown).map(one => head(one.layer, one.head)), title: "Heads" })
  .save("heads");
table(
  loudest.slice(0, 12).map(one => {
    const { pieces, peak } = found.heads.examples(head(one.layer, one.head))[0];
    return { ...one, token: pieces[peak], after: pieces.slice(Math.max(0, peak - 6), peak).join("") };
  }),
)
  .print()
  .save("heads");

// ---- pictures

chart
  .histogram(active, { title: "How often neurons are active", x: "share of tokens above 0.1", y: "neurons", bins: 40 })
  .save("active");
chart
  .bar(
    layers.map(l => active.at(nLayers === 1 ? {} : { layer: l }).mean()),
    { title: "Mean share of active neurons", x: "layer", y: "share of tokens above 0.1", labels: layers },
  )
  .save("layers");

// ---- a run of the text alone gives the same number

const first = chosen[0];
const best = example(first);
const row = data.tokens(model, { rows: best.row + 1 }).row(best.row);
const alone = model.run([row], { cache: site(first) }).cache.get(site(first));
const value = alone.get(0, best.position, first.neuron);
print(`neuron ${first.layer}.${first.neuron}: ${best.value} in the survey, ${value} in a run of that row alone`);
check(
  "the largest value is that of a run of its row alone",
  Math.abs(value - best.value) < 1e-3 * Math.max(1, Math.abs(value)),
);
check("the most selective neuron is far above its layer", first["times its layer's 99 %"] > 3);
record("neurons", chosen.slice(0, 10));
