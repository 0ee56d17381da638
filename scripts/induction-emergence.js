// When do induction heads emerge? A two-layer model is trained on rows of tokens in which a few pairs are repeated in
// random order, so that the token after another can only be predicted from an earlier occurrence. For hundreds of steps
// the model predicts only which tokens occur in the row. Then, within a few dozen steps, induction heads emerge and the
// loss on repeated pairs falls: the phase change of Olsson et al. (2022). One chart shows the prefix-matching score,
// the loss, and the score of the previous-token heads. Ablation then tests whether these heads cause the fall of the
// loss.
// The script trains a model of its own: --model has no influence.
//
//   lens run induction-emergence.js [--arg letters=64] [--arg pairs=8] [--arg width=64] [--arg steps=600]
//                                   [--arg lr=0.005]
import { ablate, args, chart, check, head, heads, print, record, scores, table, train } from "lens";

const letters = Number(args.letters ?? 64);
const pairs = Number(args.pairs ?? 8);
const width = Number(args.width ?? 64);
const steps = Number(args.steps ?? 600);
const bos = 1;
const ids = Array.from({ length: letters }, (_, i) => 2 + i);

/** Draws rows of BOS and 2 · pairs random pairs; the predictions after tokens that occurred before count. */
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

/** Returns the loss on the second token of pairs, at their first and second occurrence. */
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

print("The model is trained here; --model has no influence.");

// ---- training; every few steps, the scores of heads and the losses

const measured = { length: pairs, batch: 8, seed: 5 };
const curve = { step: [], "loss on repeated / new pairs": [], "prefix matching": [], "previous token": [] };
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
    title: "Induction heads emerge and the loss falls",
    x: "step",
    y: "score, or ratio of losses",
    labels: step,
  })
  .save("emergence");

// ---- when: the steps in which the score rises from a quarter to three quarters of its maximum

const score = curve["prefix matching"];
const share = curve["loss on repeated / new pairs"];
const highest = Math.max(...score);
const from = score.findIndex(value => value > highest / 4);
const to = score.findIndex(value => value > (3 * highest) / 4);
print(
  `The prefix-matching score rises between steps ${step[from]} and ${step[to]} of ${steps}, ` +
    `to ${highest.toFixed(2)}. The loss on repeated pairs is ${share[from].toFixed(2)} of that on new pairs ` +
    `before the rise, and ${share[share.length - 1].toFixed(2)} at the end.`,
);

// ---- why: the loss without the induction heads, without the previous-token heads, and without all others

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
  "induction heads": inducing,
  "previous-token heads": previous,
  "all others": others,
}).map(([name, some]) => {
  const { first, second } = losses(without(some));
  return {
    without: name,
    heads: some.join(", "),
    "prefix matching": scores.prefixMatching(without(some), measured).max(),
    "loss on new pairs": first,
    "loss on repeated pairs": second,
  };
});
table(ablated).print().save("ablated");
chart
  .bar(
    ablated.map(row => row["loss on repeated pairs"]),
    {
      title: "Loss on repeated pairs with heads ablated",
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
const [whole, turned, unfed, untouched] = ablated.map(row => row["loss on repeated pairs"]);
check("induction heads emerge", highest > 0.5);
check(
  "they emerge within a third of the steps, after the first tenth",
  step[to] - step[from] < steps / 3 && step[from] > steps / 10,
);
check(
  "the loss falls in the same steps",
  share[from] - share[Math.min(share.length - 1, to + 5)] > 0.5 * (share[from] - Math.min(...share)),
);
check("ablating them raises the loss", turned > whole + 1);
check("ablating all others raises it less", untouched - whole < (turned - whole) / 2);
check(
  "ablating the previous-token heads destroys induction",
  unfed > whole + 1 && ablated[2]["prefix matching"] < 0.5 * highest,
);
