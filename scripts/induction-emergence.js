// When does a model learn to look back? A model of two layers is trained on rows of tokens in which a few pairs come again
// and again, in any order: what follows a token can only be known from where it stood before. For hundreds of steps the
// model knows no more than which tokens are about. Then, within a few dozen, heads begin to attend to what followed the
// last time, and the loss of what was there before falls: the phase change of Olsson et al. (2022). Prefix-matching score
// and loss are drawn on one chart, with the previous-token heads that feed the others. Ablation then asks whether the loss
// fell because of these heads.
//
//   lens run induction-emergence.js [--arg letters=64] [--arg pairs=8] [--arg width=64] [--arg steps=600] [--arg lr=0.005]
import { ablate, args, chart, check, head, heads, print, record, scores, table, train } from "lens";

const letters = Number(args.letters ?? 64);
const pairs = Number(args.pairs ?? 8);
const width = Number(args.width ?? 64);
const steps = Number(args.steps ?? 600);
const bos = 1;
const ids = Array.from({ length: letters }, (_, i) => 2 + i);

/** BOS and twice as many pairs as there are, drawn at random: what follows a token that was there before counts. */
function rows(rng, count) {
  const made = Array.from({ length: count }, () => {
    const letter = rng.shuffle(ids);
    const seen = new Set();
    const row = [bos];
    const weights = [0];
    for (let i = 0; i < 2 * pairs; i++) {
      const pair = rng.integer(pairs);
      row.push(letter[2 * pair], letter[2 * pair + 1]);
      weights.push(seen.has(pair) ? 1 : 0, 0);
      seen.add(pair);
    }
    return { row, weights };
  });
  return { tokens: made.map(one => one.row), weights: made.map(one => one.weights) };
}

/** What follows the first of a pair costs, the first time and the second: each pair once, then each once more in another order. */
function losses(model) {
  const random = model.random({ batch: 32, length: 2 * pairs, bos: false, seed: 5 }).toArray();
  const again = Array.from({ length: pairs }, (_, i) => (5 * i + 3) % pairs);
  const run = model.run(
    random.map(row => [bos, ...row, ...again.flatMap(pair => [row[2 * pair], row[2 * pair + 1]])]),
    { loss: true, logits: false },
  );
  const mean = run.loss
    .mean("batch")
    .toArray()
    .filter((_, i) => i % 2 === 1); // at the first token of every pair
  return {
    first: mean.slice(0, pairs).reduce((a, b) => a + b) / pairs,
    second: mean.slice(pairs).reduce((a, b) => a + b) / pairs,
  };
}

// ---- training, and every few steps: where heads look, and what is foretold

const measured = { length: pairs, batch: 8, seed: 5 };
const curve = { step: [], "loss, as a share of what is new": [], "prefix matching": [], "previous token": [] };
const model = train({
  config: { nLayers: 2, nHeads: 4, dModel: width, dMlp: 2 * width, dVocab: letters + 2, nCtx: 8 * pairs },
  data: rows,
  steps,
  batch: 64,
  lr: Number(args.lr ?? 5e-3),
  warmup: 20,
  clip: 1,
  weightDecay: 0.05,
  betas: [0.9, 0.98],
  init: 0.1,
  every: {
    steps: Math.max(1, Math.floor(steps / 60)),
    run: (now, { step }) => {
      const { first, second } = losses(now);
      const taken = [
        step,
        second / first,
        scores.prefixMatching(now, measured).max(),
        scores.previousToken(now, measured).max(),
      ];
      Object.keys(curve).forEach((name, i) => curve[name].push(taken[i]));
    },
  },
});
const { step, ...lines } = curve;
chart
  .line(lines, {
    title: "Heads that look back emerge, and the loss falls",
    x: "step",
    y: "score, or share of the loss",
    labels: step,
  })
  .save("emergence");

// ---- when: the steps in which the score rises from a quarter of its highest to three quarters

const score = curve["prefix matching"];
const share = curve["loss, as a share of what is new"];
const highest = Math.max(...score);
const from = score.findIndex(value => value > highest / 4);
const to = score.findIndex(value => value > (3 * highest) / 4);
print(
  `The prefix-matching score rises between steps ${step[from]} and ${step[to]} of ${steps}, to ${highest.toFixed(2)}. What was there before costs ${share[from].toFixed(2)} of what is new before that, ${share[share.length - 1].toFixed(2)} at the end.`,
);

// ---- why: the loss without the heads that emerged, without those that they read, and without all others

const strongest = (of, layer) =>
  of
    .at({ layer })
    .top(4)
    .filter((one, i) => i === 0 || one.value > 0.3)
    .map(one => head(layer, one.head));
const inducing = strongest(scores.prefixMatching(model, measured), 1);
const previous = strongest(scores.previousToken(model, measured), 0);
const others = model
  .heads(heads())
  .filter(one => ![...inducing, ...previous].some(other => String(other) === String(one)));
const without = some => (some.length === 0 ? model : model.with(ablate(some, { with: "zero" })));
const ablated = Object.entries({
  nothing: [],
  "heads that look back": inducing,
  "previous-token heads": previous,
  "all others": others,
}).map(([name, some]) => {
  const { first, second } = losses(without(some));
  return {
    without: name,
    heads: some.join(", "),
    "prefix matching": scores.prefixMatching(without(some), measured).max(),
    "loss of what is new": first,
    "loss of what was there before": second,
  };
});
table(ablated).print().save("ablated");
chart
  .bar(
    ablated.map(row => row["loss of what was there before"]),
    {
      title: "Loss of what was there before, without some heads",
      x: "without",
      y: "nats",
      labels: ablated.map(row => row.without),
    },
  )
  .save("ablated");

record("emergence", {
  from: step[from],
  to: step[to],
  highest,
  inducing: inducing.map(String),
  previous: previous.map(String),
  ablated,
});
const [whole, turned, unfed, untouched] = ablated.map(row => row["loss of what was there before"]);
check("heads attend to what followed the last time", highest > 0.5);
check(
  "they emerge within a third of the steps, after a tenth of them",
  step[to] - step[from] < steps / 3 && step[from] > steps / 10,
);
check(
  "the loss falls in the same steps",
  share[from] - share[Math.min(share.length - 1, to + 5)] > 0.5 * (share[from] - Math.min(...share)),
);
check("without them the loss is back", turned > whole + 1);
check("without all others it is not", untouched - whole < (turned - whole) / 2);
check(
  "without the previous-token heads nothing is looked up",
  unfed > whole + 1 && ablated[2]["prefix matching"] < 0.5 * highest,
);
