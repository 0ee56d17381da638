// How does a one-layer model add modulo a number? It first memorises the training sums, and much later generalises to
// held-out ones (grokking: Power et al. 2022). Its weights show that it has learnt a few frequencies: it represents
// numbers as points on circles, and adds them by trigonometric identities (Nanda et al. 2023).
// The script trains a model of its own: --model has no influence.
//
//   lens run modular-addition.js [--arg modulus=53] [--arg share=0.5] [--arg width=64] [--arg steps=2000]
//                                [--arg lr=0.003]
//
// The published size is --arg modulus=113 --arg share=0.3 --arg width=128 --arg lr=0.001 --arg steps=20000.
import { args, chart, check, edit, print, record, seed, table, tasks, tensor, train } from "lens";

const modulus = Number(args.modulus ?? 53);
const width = Number(args.width ?? 64);
const steps = Number(args.steps ?? 2000);
const task = tasks.modularArithmetic({ modulus, share: Number(args.share ?? 0.5) });
print(`${task}. The model is trained here; --model has no influence.`);

// ---- training on all training pairs at every step, with the strong weight decay that makes the model generalise

const curve = { step: [], train: [], "held out": [], accuracy: [] };
const every = pairs => ({ rows: modulus * modulus, split: pairs, seed });
const model = train({
  config: { nLayers: 1, nHeads: 4, dModel: width, dMlp: 4 * width },
  data: task,
  steps,
  batch: modulus * modulus,
  lr: Number(args.lr ?? 3e-3),
  warmup: 10,
  weightDecay: 1,
  betas: [0.9, 0.98],
  init: 0.05,
  every: {
    steps: 50,
    run: (now, { step, loss }) => {
      const accuracy = task.accuracy(now, every("heldOut"));
      for (const [name, value] of [
        ["step", step],
        ["train", loss],
        ["held out", task.loss(now, every("heldOut"))],
        ["accuracy", accuracy],
      ])
        curve[name].push(value);
      return accuracy > 0.999;
    },
  },
});
const final = { trained: task.accuracy(model, every("train")), heldOut: task.accuracy(model, every("heldOut")) };
print(
  `After ${curve.step.at(-1)} steps: ${(100 * final.trained).toFixed(1)}% of the training sums are right, ` +
    `${(100 * final.heldOut).toFixed(1)}% of the held-out ones.`,
);
chart
  .line(
    { train: curve.train, "held out": curve["held out"] },
    { title: `Adding modulo ${modulus}`, x: "step", y: "loss", labels: curve.step, log: "y" },
  )
  .save("loss");
chart
  .line(curve.accuracy, { title: "Held-out sums", x: "step", y: "accuracy", labels: curve.step, range: [0, 1] })
  .save("accuracy");
record("accuracy", final);
record("steps", curve.step.at(-1));
model.save("model");

// ---- waves over the numbers: cos and sin of every frequency, each of length 1

const frequencies = Array.from({ length: (modulus - 1) / 2 }, (_, i) => i + 1);
const numbers = Array.from({ length: modulus }, (_, n) => n);
const angle = (2 * Math.PI) / modulus;
const size = Math.sqrt(2 / modulus);
const wave = frequency => [
  numbers.map(n => size * Math.cos(angle * frequency * n)),
  numbers.map(n => size * Math.sin(angle * frequency * n)),
];
const waves = tensor(frequencies.flatMap(wave), ["wave", "dVocab"]);
const power = spectrum => frequencies.map((_, i) => spectrum[2 * i] ** 2 + spectrum[2 * i + 1] ** 2);
const shares = values => {
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map(value => value / sum);
};

// ---- the embedding: its power at each frequency

const zero = task.id("0");
const embedding = model.weights.W_E.slice({ dVocab: [zero, zero + modulus] });
const embedded = shares(power(waves.matmul(embedding).norm("dModel").toArray()));
const keys = aboveTheGap(embedded);
chart
  .bar(embedded, { title: "Frequencies of the embedding", x: "frequency", y: "share", labels: frequencies })
  .save("embedding");
print(`Key frequencies: ${keys.join(", ")}; they make up ${(100 * sum(embedded, keys)).toFixed(0)}% of the embedding.`);

// ---- neurons: the frequency of a + b that explains most of each activation

const pairs = numbers.flatMap(a => numbers.map(b => [zero + a, zero + b, task.id("=")]));
const run = model.run(pairs, { cache: "blocks.0.mlp.hook_post", at: -1 });
const neurons = average(run.cache.get("blocks.0.mlp.hook_post").at({ pos: 0 }), (a, b) => (a + b) % modulus);
const followed = waves.matmul(neurons).toArray();
const best = neurons.toArray()[0].map((_, neuron) => {
  const spectrum = power(followed.map(row => row[neuron]));
  const [first] = spectrum
    .map((value, i) => ({ frequency: frequencies[i], share: value / spectrum.reduce((a, b) => a + b, 1e-12) }))
    .sort((a, b) => b.share - a.share);
  return first;
});
const counts = frequencies.map(frequency => best.filter(one => one.frequency === frequency && one.share > 0.5).length);
chart
  .bar(counts, {
    title: "Neurons explained by one frequency of a + b",
    x: "frequency",
    y: "neurons",
    labels: frequencies,
  })
  .save("neurons");

// ---- logits: the variance explained by cos(2πk(a + b - c) / p) for the key frequencies k

const logits = run.logits.at({ pos: 0 }).slice({ dVocab: [zero, zero + modulus] });
const centred = logits.sub(logits.mean("dVocab"));
const offsets = numbers.map(() => 0);
const values = centred.data;
for (let pair = 0, at = 0; pair < pairs.length; pair++) {
  const sum = Math.floor(pair / modulus) + (pair % modulus);
  for (let c = 0; c < modulus; c++) offsets[(sum - c + modulus) % modulus] += values[at++];
}
const explained = power(waves.matmul(tensor(offsets, ["dVocab"])).toArray()).map(
  value => value / modulus ** 5 / centred.mul(centred).mean(),
);
chart
  .bar(explained, {
    title: "Logits explained by cos(2πk(a + b - c) / p)",
    x: "frequency k",
    y: "share of their variance",
    labels: frequencies,
  })
  .save("logits");
const inLogits = sum(explained, keys);
print(`Waves of a + b - c at these frequencies explain ${(100 * inLogits).toFixed(1)}% of the variance of the logits.`);

// ---- ablation of frequencies from the embedding

const others = frequencies.filter(k => !keys.includes(k));
const ablated = [
  ["as it is", []],
  ["without the key frequencies", keys],
  ["without all others", others],
].map(([embedding, without]) => {
  const changed = model.edit(edit.set("W_E", removed(without)));
  return { embedding, accuracy: task.accuracy(changed, every("heldOut")), loss: task.loss(changed, every("heldOut")) };
});
table(ablated).print().save("ablation");
const [whole, keyless, keysOnly] = ablated.map(row => row.accuracy);
record("frequencies", {
  keys,
  embedding: sum(embedded, keys),
  logits: inLogits,
  neurons: counts.reduce((a, b) => a + b, 0) / best.length,
  keyless,
  keysOnly,
});

check("held-out sums are right", final.heldOut > 0.99);
check(
  "the model memorises first",
  curve.train.some((loss, i) => loss < 0.1 && curve.accuracy[i] < 0.7),
);
check(
  "a few frequencies make up most of the embedding",
  keys.length < 0.7 * frequencies.length && sum(embedded, keys) > 0.6,
);
check("the logits are waves of the same frequencies", inLogits > 0.6);
check("ablating the key frequencies destroys the accuracy", keyless < 0.2);
check("ablating all others preserves it", keysOnly > 0.8 * whole);

/** Returns the frequencies above the largest ratio between consecutive shares in descending order. */
function aboveTheGap(shares) {
  const ranked = frequencies.map((frequency, i) => ({ frequency, share: shares[i] })).sort((a, b) => b.share - a.share);
  const ratios = ranked.slice(1).map((one, i) => ranked[i].share / one.share);
  return ranked
    .slice(0, ratios.indexOf(Math.max(...ratios)) + 1)
    .map(one => one.frequency)
    .sort((a, b) => a - b);
}

function sum(shares, some) {
  return some.reduce((total, frequency) => total + shares[frequencies.indexOf(frequency)], 0);
}

/** Returns the mean row of each class of pairs: [dVocab, dMlp]. */
function average(rows, classOf) {
  const member = tensor(
    numbers.map(n =>
      pairs.map((_, pair) => (classOf(Math.floor(pair / modulus), pair % modulus) === n ? 1 / modulus : 0)),
    ),
    ["dVocab", "batch"],
  );
  return member.matmul(rows);
}

/** Returns the embedding with the waves of some frequencies projected out of the rows of numbers. */
function removed(some) {
  const table = model.weights.W_E.copy();
  for (const k of some) {
    const both = tensor(wave(k), ["wave", "dVocab"]);
    const part = table.slice({ dVocab: [zero, zero + modulus] });
    const without = part.sub(both.transpose("dVocab", "wave").matmul(both.matmul(part)));
    for (const n of numbers) table.set({ dVocab: zero + n }, without.at({ dVocab: n }));
  }
  return table;
}
