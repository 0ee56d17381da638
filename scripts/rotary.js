// How do heads use rotary position embeddings (Su et al. 2021)? Every pair of coordinates of queries and keys is
// rotated by an angle proportional to its position, so that a score depends on the offset between destination and
// source. The script shows which frequencies each head uses, and predicts the mean score at every offset: from the
// mean embedding, from the weights without any text, and from the mean query and key of one run. It compares the
// previous-token heads that this finds with those that are measured. It then rotates queries by one position more or
// less, and removes fast or slow frequencies.
//
//   lens run rotary.js [--model PATH] [--arg offsets=32] [--arg tokens=256] [--arg least=0.4]
import { args, chart, check, head, hook, load, print, record, scores, site, table, tensor } from "lens";

const model = load();
const { nLayers, nHeads, nKvHeads, dHead, normEps, ropeFrequencies: frequencies } = model.config;
const half = dHead / 2;
const offsets = Number(args.offsets ?? 32);
const names = Array.from({ length: nLayers * nHeads }, (_, i) => `${Math.floor(i / nHeads)}.${i % nHeads}`);
const wavelengths = frequencies.map(frequency => (2 * Math.PI) / frequency);
const groupOf = h => Math.floor(h / (nHeads / nKvHeads)); // the keys that a head reads
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
const headsOf = list => list.map(top => head(top.layer, top.head));
const isIn = (one, list) => list.some(other => String(other) === String(one));

// ---- the mean score of two tokens at every offset, if queries and keys are independent of each other: it is linear in
//      the mean query and the mean key, pair by pair:
//      score(Δ) = Σ cos(Δ f) (q k + q' k') + sin(Δ f) (q k' - q' k), over pairs (q, q'), (k, k') of frequency f

const angles = tensor(
  Array.from({ length: offsets }, (_, offset) => frequencies.map(frequency => offset * frequency)),
  ["offset", "pair"],
);
const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
const first = x => x.slice({ dHead: [0, half] }).rename({ dHead: "pair" });
const second = x => x.slice({ dHead: [half] }).rename({ dHead: "pair" });
/** Returns scores [layer, head, offset] from the mean queries [head, dHead] and keys [kvHead, dHead] of every layer. */
function scoresByOffset(means) {
  const kernel = tensor(0, { layer: nLayers, head: nHeads, offset: offsets });
  for (let layer = 0; layer < nLayers; layer++) {
    const [queries, keys] = means(layer);
    for (let h = 0; h < nHeads; h++) {
      const [q, k] = [queries.at({ head: h }), keys.at({ kvHead: groupOf(h) })];
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
const projections = ["blocks.*.attn.hook_q", "blocks.*.attn.hook_k"];
const meansOf = (cache, from) => layer =>
  ["q", "k"].map(name =>
    cache
      .get(`blocks.${layer}.attn.hook_${name}`)
      .slice({ pos: [from] })
      .mean("batch", "pos"),
  );

// with the mean embedding as the input of every head; the model is not run
const embedding = model.weights.W_E;
const typical = embedding.div(embedding.pow(2).mean("dModel").add(normEps).sqrt()).mean("dVocab");
const fromEmbedding = scoresByOffset(layer => {
  const x = typical.mul(model.weights.norm1(layer));
  return [x.dot(model.weights.W_Q(layer)), x.dot(model.weights.W_K(layer))];
});
// with the average output of earlier layers, from single tokens, or from tokens that follow another one, on which heads
// that have nothing to do can rest their attention: every head writes its mean over the tokens
const averaged = length => {
  const { cache } = model.run(model.random({ batch: Number(args.tokens ?? 256), length, bos: length > 1 }), {
    cache: projections,
    hooks: [
      hook(site("blocks.*.attn.hook_z"), z => {
        const last = z.slice({ pos: [-1] });
        last.fill(last.mean("batch"));
      }),
    ],
    logits: false,
  });
  return scoresByOffset(meansOf(cache, -1));
};
const fromWeights = averaged(2);
// with the mean query and key of random tokens, apart from the first ones, which are special in many models
const tokens = model.random({ batch: 2, length: 60 });
const apart = 5;
const { cache } = model.run(tokens, { cache: [...projections, "blocks.*.attn.hook_attn_scores"], logits: false });
const fromRun = scoresByOffset(meansOf(cache, apart));
const predictions = {
  "the mean embedding": fromEmbedding,
  "single tokens": averaged(1),
  "pairs of tokens": fromWeights,
  "mean query and key": fromRun,
};

// ---- the scores and previous-token heads that are measured

const near = Math.min(offsets, 16);
const inRun = tensor(0, { layer: nLayers, head: nHeads, offset: near });
for (let layer = 0; layer < nLayers; layer++) {
  const all = cache.get(`blocks.${layer}.attn.hook_attn_scores`).slice({ dest: [apart + near] });
  for (let offset = 0; offset < near; offset++) {
    const line = all.diagonal(apart + near - offset);
    inRun.set({ layer, offset }, line.mean("batch", line.axes[line.axes.length - 1]));
  }
}
const measured = scores.previousToken(model);
const ranked = measured.top(names.length);
const count = Math.max(1, ranked.filter(({ value }) => value > Number(args.least ?? 0.4)).length);
const previous = headsOf(ranked.slice(0, count));

/** The heads that attend most to offset 1, above the largest attention to another offset. */
const predicted = (kernel, number) => {
  const attention = kernel.softmax("offset");
  const others = attention.copy().set({ offset: 1 }, 0).max("offset");
  return headsOf(attention.at({ offset: 1 }).sub(others).top(number));
};
/** Returns Pearson's correlation. */
const correlation = (x, y) => {
  const [a, b] = [x.sub(x.mean()), y.sub(y.mean())];
  return a.dot(b) / (a.norm() * b.norm());
};
/** Returns the probability of at least so many hits if as many heads as are previous-token heads are drawn. */
const byChance = hits => {
  const choose = (n, k) =>
    k < 0 || k > n ? 0 : Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);
  const rest = names.length - count;
  const ways = Array.from({ length: count + 1 }, (_, k) => choose(count, k) * choose(rest, count - k));
  return ways.slice(hits).reduce((a, b) => a + b, 0) / ways.reduce((a, b) => a + b, 0);
};
/** The score at offset 1 above the mean of the others. */
const peak = kernel => kernel.at({ offset: 1 }).sub(kernel.slice({ offset: [2, near] }).mean("offset"));
const found = Object.entries(predictions).map(([from, kernel]) => {
  const attention = kernel.softmax("offset").at({ offset: 1 });
  const best = predicted(kernel, count);
  const hits = best.filter(one => isIn(one, previous)).length;
  return {
    from,
    first: best.slice(0, 5).join(" "),
    hits: `${hits} of ${count}`,
    expected: (count * count) / names.length,
    "by chance": byChance(hits),
    "correlation of attention": correlation(attention, measured),
    "of scores": correlation(peak(kernel), peak(inRun)),
  };
});
table(found).print().save("predictions");
record("predictions", found);
print(
  `Measured previous-token heads: ${ranked
    .slice(0, count)
    .map(top => `${top.layer}.${top.head} (${top.value.toFixed(2)})`)
    .join(", ")}.`,
);

const attention = fromWeights.softmax("offset");
const best = predicted(fromWeights, 4);
const [bare] = predicted(fromEmbedding, 1);
const byName = list =>
  Object.fromEntries(list.map(one => [String(one), attention.at({ layer: one.layer, head: one.head })]));
chart
  .line(byName(best), {
    title: "Attention by offset, from the weights alone",
    x: "offset: destination - source",
    y: `share among ${offsets} offsets`,
    width: "column",
  })
  .save("attention-by-offset");
const flat = values => values.reshape({ head: names.length });
chart
  .grid(
    Object.entries(predictions).map(([from, kernel]) =>
      chart.scatter(
        { x: flat(kernel.softmax("offset").at({ offset: 1 })), y: flat(measured) },
        {
          title: `from ${from}`,
          x: "share of offset 1, predicted",
          y: "previous-token score",
          labels: names.map((name, i) => (measured.get(Math.floor(i / nHeads), i % nHeads) > 0.4 ? name : "")),
          range: [0, 1],
          reference: "y=x",
        },
      ),
    ),
    { columns: 2, title: "Previous-token heads, predicted and measured", width: "page" },
  )
  .save("promised-and-measured");

// ---- frequencies: the share of the length of queries and keys in each pair

const bands = tensor(0, { head: names.length, pair: half });
for (let layer = 0; layer < nLayers; layer++) {
  const [q, k] = ["q", "k"].map(name => {
    const squares = cache.get(`blocks.${layer}.attn.hook_${name}`).pow(2).mean("batch", "pos");
    return first(squares).add(second(squares));
  });
  for (let h = 0; h < nHeads; h++) {
    const product = q
      .at({ head: h })
      .mul(k.at({ kvHead: groupOf(h) }))
      .sqrt();
    bands.set({ head: layer * nHeads + h }, product.div(product.sum()));
  }
}
const EDGES = {
  "below 10 tokens": [0, 10],
  "10 to 100": [10, 100],
  "100 to 1,000": [100, 1000],
  "above 1,000": [1000, Infinity],
};
const inBand = (from, to) => {
  const chosen = wavelengths.map(length => Number(length >= from && length < to));
  return bands.mul(tensor(chosen, "pair")).sum("pair");
};
chart
  .grid(
    Object.entries(EDGES).map(([title, [from, to]]) =>
      chart.heatmap(inBand(from, to).reshape({ layer: nLayers, head: nHeads }), {
        title,
        label: "share",
        range: [0, 1],
      }),
    ),
    { columns: 4, title: "Share of |q| |k| by wavelength", width: "page" },
  )
  .save("bands");
const inducing = headsOf(
  scores
    .induction(model)
    .top(8)
    .filter(top => top.value > 0.3),
);
const kinds = { "previous token": previous.slice(0, 8), induction: inducing };
const shown =
  names.length <= 24
    ? names.map((name, i) => ({ name, i }))
    : Object.entries(kinds).flatMap(([kind, list]) =>
        list.map(one => ({ name: `${one} ${kind}`, i: one.layer * nHeads + one.head })),
      );
chart
  .heatmap(
    bands.gather(
      "head",
      shown.map(({ i }) => i),
    ),
    {
      title: "Share of |q| |k| in each frequency",
      label: "share",
      width: "page",
      x: "wavelength of the pair, tokens",
      y: "head",
      labels: {
        pair: wavelengths.map(length =>
          length < 1000 ? length.toFixed(0) : `${(length / 1000).toFixed(length < 10000 ? 1 : 0)}k`,
        ),
        head: shown.map(({ name }) => name),
      },
    },
  )
  .save("frequencies");
const slowest = wavelengths.filter(length => length < 50).length;
const fastShare = bands.slice({ pair: [0, slowest] }).sum("pair");
const shareOf = list => mean(list.map(one => fastShare.get(one.layer * nHeads + one.head)));
const fastShares = { "previous token": shareOf(previous), induction: shareOf(inducing), all: fastShare.mean() };
print(
  `Pairs with a wavelength below 50 tokens hold ${(100 * fastShares["previous token"]).toFixed(0)} % of |q| |k| in ` +
    `previous-token heads, ${(100 * fastShares.induction).toFixed(0)} % in induction heads, ` +
    `${(100 * fastShares.all).toFixed(0)} % in all heads.`,
);
record("share below 50 tokens", fastShares);

// ---- queries and keys of one head before and after the rotation

const [top] = best;
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
          .at({ batch: 0, [name.endsWith("q") ? "head" : "kvHead"]: name.endsWith("q") ? top.head : groupOf(top.head) })
          .slice({ pos: [0, 50] }),
        {
          title:
            `${name.endsWith("q") ? "queries" : "keys"} of ${top}` +
            (name.startsWith("rot") ? ", rotated" : ", before"),
          x: "coordinate",
          y: "position",
          label: "value",
          diverging: true,
        },
      ),
    ),
    { columns: 2, width: "page" },
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

/** Returns the attention of a head to the sources 0, 1, 2, … positions back. */
const byOffset = (one, ...changes) => {
  const changed = model.with(...changes);
  const pattern = changed.run(tokens, { cache: one.pattern, stopAt: one.layer + 1 }).cache.get(one.pattern);
  return Array.from({ length: 6 }, (_, offset) => pattern.diagonal(-offset).mean());
};
const turn = (one, by) => hook(one.q, q => turned(q, by));
const without = (one, pairs) =>
  hook(one.q, q => {
    for (const i of pairs) for (const at of [i, i + half]) q.at({ dHead: at }).fill(0);
  });
const shifts = Object.fromEntries(
  [1, 0, -1, -2].map(by => [by === 0 ? "unchanged" : `queries rotated by ${by}`, byOffset(top, turn(top, by))]),
);
chart
  .line(shifts, {
    title: `Attention of head ${top}`,
    x: "offset: destination - source",
    y: "attention",
    range: [0, 1],
    width: "column",
  })
  .save("turned");
const pairs = Array.from({ length: half }, (_, i) => i); // the fastest first
const amounts = pairs.filter(i => i <= 8 || i % 4 === 0).concat(half);
chart
  .line(
    {
      "fastest first": amounts.map(n => byOffset(top, without(top, pairs.slice(0, n)))[1]),
      "slowest first": amounts.map(n => byOffset(top, without(top, pairs.slice(half - n)))[1]),
    },
    {
      title: `Attention of head ${top} to the previous token`,
      x: "pairs removed from its queries",
      y: "attention",
      labels: amounts,
      range: [0, 1],
      width: "column",
    },
  )
  .save("removed");
const tested = [...best.slice(0, 2), ...previous.filter(one => !isIn(one, best.slice(0, 2))).slice(0, 3)];
const rows = tested.map(one => ({
  head: one,
  "found by": isIn(one, best.slice(0, 2)) ? "weights" : "measuring",
  unchanged: byOffset(one)[1],
  "rotated by -1: two back": byOffset(one, turn(one, -1))[2],
  "without fast pairs": byOffset(one, without(one, pairs.slice(0, slowest)))[1],
  "without slow pairs": byOffset(one, without(one, pairs.slice(slowest)))[1],
}));
table(rows).print().save("interventions");
record("interventions", rows);
record("turned", shifts);
const [{ unchanged, "without fast pairs": fast, "without slow pairs": slow }] = rows;
print(
  `The attention of head ${top} to the previous position is ${unchanged.toFixed(2)}; with its queries ` +
    `rotated back by one position, that to two positions before is ${shifts["queries rotated by -1"][2].toFixed(2)}.`,
);
print(
  `Without the ${slowest} pairs with a wavelength below 50 tokens it is ${fast.toFixed(2)}; ` +
    `without the ${half - slowest} slower ones ${slow.toFixed(2)}.`,
);

const [, , weights, run] = found;
check("the weights alone find more previous-token heads than chance (p < 0.01)", weights["by chance"] < 0.01);
check("predicted and measured previous-token scores correlate", weights["correlation of attention"] > 0.5);
check("the mean query and key predict the mean scores of a run", run["of scores"] > 0.9);
check("the head predicted from the embedding attends to the previous token", measured.get(bare.layer, bare.head) > 0.6);
check("the head predicted from the weights attends to the previous token", measured.get(top.layer, top.head) > 0.6);
check(
  "rotating its queries by one position shifts its attention by one",
  shifts["queries rotated by -1"][2] > 0.8 * unchanged,
);
check("the head needs the fast frequencies more than the slow ones", fast < slow);
