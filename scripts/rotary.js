// How do heads use rotary position embeddings (Su et al. 2021)? Every pair of a query's and a key's coordinates is turned
// by its position at its own frequency, so that a score depends on the offset between destination and source. This shows
// queries and keys before and after they are turned, which frequencies each head uses, and how much a head attends to
// each offset as its weights alone tell, without any text: previous-token heads are found that way. Then it turns
// the queries of one by a position more or less, and takes fast and slow frequencies from it.
//
//   lens run rotary.js [--model PATH] [--arg offsets=32] [--arg tokens=512]
import { args, chart, check, head, hook, load, print, record, scores, site, table, tensor } from "lens";

const model = load();
const { nLayers, nHeads, nKvHeads, dHead, normEps, ropeFrequencies: frequencies } = model.config;
const half = dHead / 2;
const offsets = Number(args.offsets ?? 32);
const names = Array.from({ length: nLayers * nHeads }, (_, i) => `${Math.floor(i / nHeads)}.${i % nHeads}`);
const wavelengths = frequencies.map(frequency => (2 * Math.PI) / frequency);

// ---- from the weights alone: the mean score of two tokens at every offset, as queries and keys read them. It is linear
//      in the mean query and the mean key, pair by pair:
//      score(Δ) = Σ cos(Δ f) (q k + q' k') + sin(Δ f) (q k' - q' k), over pairs (q, q'), (k, k') of frequency f

const angles = tensor(
  Array.from({ length: offsets }, (_, offset) => frequencies.map(frequency => offset * frequency)),
  ["offset", "pair"],
);
const cos = tensor(
  angles.toArray().map(row => row.map(Math.cos)),
  ["offset", "pair"],
);
const sin = tensor(
  angles.toArray().map(row => row.map(Math.sin)),
  ["offset", "pair"],
);
const first = x => x.slice({ dHead: [0, half] }).rename({ dHead: "pair" });
const second = x => x.slice({ dHead: [half] }).rename({ dHead: "pair" });
/** [layer, head, offset], of every layer's mean queries [head, dHead] and keys [kvHead, dHead]. */
function scoresByOffset(means) {
  const kernel = tensor(0, { layer: nLayers, head: nHeads, offset: offsets });
  for (let layer = 0; layer < nLayers; layer++) {
    const [queries, keys] = means(layer);
    for (let h = 0; h < nHeads; h++) {
      const q = queries.at({ head: h });
      const k = keys.at({ kvHead: Math.floor(h / (nHeads / nKvHeads)) });
      const even = first(q)
        .mul(first(k))
        .add(second(q).mul(second(k)));
      const odd = first(q)
        .mul(second(k))
        .sub(second(q).mul(first(k)));
      kernel.set({ layer, head: h }, cos.dot(even).add(sin.dot(odd)).div(Math.sqrt(dHead)));
    }
  }
  return kernel;
}
/** What the share of offset 1 is above that of every other offset. */
const previous = attention => attention.at({ offset: 1 }).sub(attention.copy().set({ offset: 1 }, 0).max("offset"));

// The mean embedding is all that a head could read, and nothing is run.
const embedding = model.weights.W_E;
const typical = embedding.div(embedding.mul(embedding).mean("dModel").add(normEps).log().mul(0.5).exp()).mean("dVocab");
const [bare] = previous(
  scoresByOffset(layer => {
    const x = typical.mul(model.weights.norm1(layer));
    return [x.dot(model.weights.W_Q(layer)), x.dot(model.weights.W_K(layer))];
  }).softmax("offset"),
).top(1);
// What earlier layers add on average: tokens are taken one by one, without a text; where a head would attend it writes the
// mean of all tokens' values.
const alone = model.random({ batch: Number(args.tokens ?? 512), length: 1, bos: false });
const { cache: means } = model.run(alone, {
  cache: ["blocks.*.attn.hook_q", "blocks.*.attn.hook_k"],
  hooks: [
    hook(site("blocks.*.attn.hook_z"), z => {
      z.fill(z.mean("batch"));
    }),
  ],
  logits: false,
});
const kernel = scoresByOffset(layer =>
  ["q", "k"].map(name => means.get(`blocks.${layer}.attn.hook_${name}`).mean("batch", "pos")),
);
const attention = kernel.softmax("offset");
const promised = previous(attention);
const measured = scores.previousToken(model);

const best = promised.top(4).map(top => head(top.layer, top.head));
chart
  .line(Object.fromEntries(best.map(one => [String(one), attention.at({ layer: one.layer, head: one.head })])), {
    title: "Attention by offset, from the weights alone",
    x: "offset: destination - source",
    y: `share among ${offsets} offsets`,
  })
  .save("attention-by-offset");
chart
  .heatmap(kernel.reshape({ head: names.length, offset: offsets }), {
    title: "Mean score by offset, from the weights alone",
    y: "head",
    labels: names.length <= 64 ? { head: names } : undefined,
  })
  .save("score-by-offset");
chart
  .scatter(
    { x: attention.at({ offset: 1 }).reshape({ head: names.length }), y: measured.reshape({ head: names.length }) },
    {
      title: "Previous-token heads, promised and measured",
      x: "share of offset 1, from the weights alone",
      y: "previous-token score, measured",
      labels: names,
    },
  )
  .save("promised-and-measured");
const rows = best.map(one => ({
  head: one,
  "offset 1": attention.get(one.layer, one.head, 1),
  "above the best other": promised.get(one.layer, one.head),
  measured: measured.get(one.layer, one.head),
}));
table(rows).print().save("previous-token-heads");
record("previous-token heads", rows);
print(
  `The mean embedding alone, without running anything, names head ${head(bare.layer, bare.head)}; with what earlier layers add the order is ${best.join(", ")}.`,
);

// ---- frequencies: how long queries and keys are in each pair, on random tokens, as a share of the whole

const tokens = model.random({ batch: 2, length: 50, repeat: 2 });
const bands = tensor(0, { head: names.length, pair: half });
for (let layer = 0; layer < nLayers; layer++) {
  const { cache } = model.run(tokens, {
    cache: ["q", "k"].map(name => `blocks.${layer}.attn.hook_${name}`),
    stopAt: layer + 1,
  });
  const squares = name => {
    const x = cache.get(`blocks.${layer}.attn.hook_${name}`);
    const mean = x.mul(x).mean("batch", "pos");
    return first(mean).add(second(mean));
  };
  const q = squares("q");
  const k = squares("k");
  for (let h = 0; h < nHeads; h++) {
    const product = q
      .at({ head: h })
      .mul(k.at({ kvHead: Math.floor(h / (nHeads / nKvHeads)) }))
      .log()
      .mul(0.5)
      .exp();
    bands.set({ head: layer * nHeads + h }, product.div(product.sum()));
  }
}
chart
  .heatmap(bands, {
    title: "Share of |q| |k| in each frequency",
    x: "wavelength of the pair, tokens",
    y: "head",
    labels: {
      pair: wavelengths.map(length => (length < 1000 ? length.toFixed(0) : `${(length / 1000).toPrecision(2)}k`)),
      ...(names.length <= 64 && { head: names }),
    },
  })
  .save("frequencies");

// ---- one head's queries and keys before and after they are turned

const [top] = best;
const group = Math.floor(top.head / (nHeads / nKvHeads));
const attn = `blocks.${top.layer}.attn.hook_`;
const turns = model.run(tokens, {
  cache: ["q", "rot_q", "k", "rot_k"].map(name => attn + name),
  stopAt: top.layer + 1,
}).cache;
chart
  .grid(
    ["q", "rot_q", "k", "rot_k"].map(name =>
      chart.heatmap(
        turns
          .get(attn + name)
          .at({ batch: 0, [name.endsWith("q") ? "head" : "kvHead"]: name.endsWith("q") ? top.head : group })
          .slice({ pos: [0, 50] }),
        {
          title: `${name.endsWith("q") ? "queries" : "keys"} of ${top}, ${name.startsWith("rot") ? "turned" : "before"}`,
          x: "coordinate",
          y: "position",
          diverging: true,
        },
      ),
    ),
    { columns: 2 },
  )
  .save("before-and-after");

// ---- interventions: turn one's queries by some positions more, or take some of its frequencies away

function turned(x, by) {
  const a = x.slice({ dHead: [0, half] });
  const b = x.slice({ dHead: [half] });
  const turned = x.copy();
  const cos = tensor(
    frequencies.map(frequency => Math.cos(by * frequency)),
    "dHead",
  );
  const sin = tensor(
    frequencies.map(frequency => Math.sin(by * frequency)),
    "dHead",
  );
  turned.slice({ dHead: [0, half] }).fill(a.mul(cos).sub(b.mul(sin)));
  turned.slice({ dHead: [half] }).fill(b.mul(cos).add(a.mul(sin)));
  return turned;
}

/** How much the head attends to the sources 0, 1, 2, … positions back. */
const byOffset = (model, count = 6) => {
  const pattern = model.run(tokens, { cache: top.pattern, stopAt: top.layer + 1 }).cache.get(top.pattern);
  return Array.from({ length: count }, (_, offset) => pattern.diagonal(-offset).mean());
};
const shifts = Object.fromEntries(
  [1, 0, -1, -2].map(by => [
    by === 0 ? "as it is" : `queries turned by ${by}`,
    byOffset(model.with(hook(top.q, q => turned(q, by)))),
  ]),
);
chart
  .line(shifts, { title: `Attention of head ${top}`, x: "offset: destination - source", y: "attention", range: [0, 1] })
  .save("turned");

const slowest = wavelengths.findIndex(length => length > 50);
const without = keep =>
  hook(top.q, q => {
    for (let i = 0; i < half; i++) if (keep(i)) for (const at of [i, i + half]) q.at({ dHead: at }).fill(0);
  });
const fast = byOffset(model.with(without(i => i < slowest)))[1];
const slow = byOffset(model.with(without(i => i >= slowest)))[1];
print(
  `Head ${top} attends to the position before with ${shifts["as it is"][1].toFixed(2)}; with its queries turned back by one, to two positions before with ${shifts["queries turned by -1"][2].toFixed(2)}.`,
);
print(
  `Without the ${slowest} pairs that turn in less than 50 tokens: ${fast.toFixed(2)}; without the ${half - slowest} slower ones: ${slow.toFixed(2)}.`,
);
record("turned", shifts);

const together = (x, y) => {
  const [a, b] = [x.sub(x.mean()), y.sub(y.mean())];
  return a.dot(b) / (a.norm() * b.norm());
}; // Pearson's correlation
check("what the weights promise and what is measured correlate", together(attention.at({ offset: 1 }), measured) > 0.5);
check(
  "the head that the embedding alone names attends to the previous token",
  measured.get(bare.layer, bare.head) > 0.6,
);
check("the head that the weights promise attends to the previous token", measured.get(top.layer, top.head) > 0.6);
check(
  "turning its queries by a position moves its attention by one",
  shifts["queries turned by -1"][2] > 0.8 * shifts["as it is"][1],
);
check("it needs the fast frequencies more than the slow ones", fast < slow);
