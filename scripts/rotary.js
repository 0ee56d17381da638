// How do heads use rotary position embeddings (Su et al. 2021)? Every pair of coordinates of queries and keys is
// rotated by an angle proportional to its position, so that a score depends on the offset between destination and
// source. The script shows queries and keys before and after the rotation, which frequencies each head uses, and the
// attention to each offset that the weights alone predict, without any text: this finds previous-token heads. It then
// rotates the queries of one head by one position more or less, and removes its fast or slow frequencies.
//
//   lens run rotary.js [--model PATH] [--arg offsets=32] [--arg tokens=512]
import { args, chart, check, head, hook, load, print, record, scores, site, table, tensor } from "lens";

const model = load();
const { nLayers, nHeads, nKvHeads, dHead, normEps, ropeFrequencies: frequencies } = model.config;
const half = dHead / 2;
const offsets = Number(args.offsets ?? 32);
const names = Array.from({ length: nLayers * nHeads }, (_, i) => `${Math.floor(i / nHeads)}.${i % nHeads}`);
const wavelengths = frequencies.map(frequency => (2 * Math.PI) / frequency);

// ---- from the weights alone: the mean score of two tokens at every offset, which is linear in the mean query and the
//      mean key, pair by pair:
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
/** Returns scores [layer, head, offset] from the mean queries [head, dHead] and keys [kvHead, dHead] of every layer. */
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
/** Returns the attention to offset 1 minus the largest attention to another offset. */
const previous = attention => attention.at({ offset: 1 }).sub(attention.copy().set({ offset: 1 }, 0).max("offset"));

// with the mean embedding as the input of every head; the model is not run
const embedding = model.weights.W_E;
const typical = embedding.div(embedding.mul(embedding).mean("dModel").add(normEps).log().mul(0.5).exp()).mean("dVocab");
const [bare] = previous(
  scoresByOffset(layer => {
    const x = typical.mul(model.weights.norm1(layer));
    return [x.dot(model.weights.W_Q(layer)), x.dot(model.weights.W_K(layer))];
  }).softmax("offset"),
).top(1);
// with the average output of earlier layers: single tokens are run, and every head writes the mean of all values
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
      title: "Previous-token heads, predicted and measured",
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
  `With the mean embedding as the only input, the best previous-token head is ${head(bare.layer, bare.head)}; ` +
    `with the average output of earlier layers the order is ${best.join(", ")}.`,
);

// ---- frequencies: the share of the length of queries and keys in each pair, on random tokens

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

// ---- queries and keys of one head before and after the rotation

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
          title:
            `${name.endsWith("q") ? "queries" : "keys"} of ${top}` +
            (name.startsWith("rot") ? ", rotated" : ", before"),
          x: "coordinate",
          y: "position",
          diverging: true,
        },
      ),
    ),
    { columns: 2 },
  )
  .save("before-and-after");

// ---- interventions: rotate the queries of one head by further positions, or remove some of its frequencies

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

/** Returns the attention of the head to the sources 0, 1, 2, … positions back. */
const byOffset = (model, count = 6) => {
  const pattern = model.run(tokens, { cache: top.pattern, stopAt: top.layer + 1 }).cache.get(top.pattern);
  return Array.from({ length: count }, (_, offset) => pattern.diagonal(-offset).mean());
};
const shifts = Object.fromEntries(
  [1, 0, -1, -2].map(by => [
    by === 0 ? "as it is" : `queries rotated by ${by}`,
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
  `The attention of head ${top} to the previous position is ${shifts["as it is"][1].toFixed(2)}; with its queries ` +
    `rotated back by one position, that to two positions before is ${shifts["queries rotated by -1"][2].toFixed(2)}.`,
);
print(
  `Without the ${slowest} pairs with a wavelength below 50 tokens it is ${fast.toFixed(2)}; ` +
    `without the ${half - slowest} slower ones ${slow.toFixed(2)}.`,
);
record("turned", shifts);

const together = (x, y) => {
  const [a, b] = [x.sub(x.mean()), y.sub(y.mean())];
  return a.dot(b) / (a.norm() * b.norm());
}; // Pearson's correlation
check("predicted and measured previous-token scores correlate", together(attention.at({ offset: 1 }), measured) > 0.5);
check("the head predicted from the embedding attends to the previous token", measured.get(bare.layer, bare.head) > 0.6);
check("the head predicted from the weights attends to the previous token", measured.get(top.layer, top.head) > 0.6);
check(
  "rotating its queries by one position shifts its attention by one",
  shifts["queries rotated by -1"][2] > 0.8 * shifts["as it is"][1],
);
check("the head needs the fast frequencies more than the slow ones", fast < slow);
