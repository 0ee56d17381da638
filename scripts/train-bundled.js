// Where does the bundled model come from? From this script: random weights, text that the project generates
// (docs/bundled-model.md says what is in it), AdamW, and nothing that points a head anywhere. It learns in two parts.
//
// First, to look back, on random tokens of the whole vocabulary. In some rows tokens are said again after the one that
// follows them, so that the token before last is the best guess: heads that attend to the previous token appear within a
// hundred steps. In the others a few pairs come again and again in any order, so that what follows a token can only be known
// from where it stood before: with previous-token heads there, induction heads appear some hundred steps later. Without the
// first kind of row both take many times as long, where they come at all.
//
// Then, the text: every document in a row of its own, answers counting for more than other words, coreference most of all.
//
//   lens run train-bundled.js [--arg first=2500] [--arg steps=10000] [--arg lr=0.002]
//   lens run bundled-card.js --model out/train-bundled/model --arg documents=1000
//
// About an hour. A run that is stopped goes on where it was; --arg first=20 --arg steps=20 --arg every=10 shows that it works.
import { args, chart, check, load, print, record, scores, tasks, train } from "lens";

const like = load(); // its tokenizer, and what is asked on the way
const bos = 1;
const special = 3;
const ordinary = like.config.dVocab - special; // ids: those below 3 are special
const config = { nLayers: 5, nHeads: 4, dModel: 128, dMlp: 384, nCtx: 512, dVocab: special + ordinary, tied: true };
const adamW = { weightDecay: 0.05, clip: 1, lr: Number(args.lr ?? 2e-3) };
const writes = 0.01 / Math.sqrt(2 * config.nLayers); // at first, layers add next to nothing to the residual stream
const every = Number(args.every ?? 250);

// ---- rows of which only looking back foretells anything: 21 tokens each, and which guesses count

/** Most tokens are what the token before last was, the others are new. */
function echo(rng, letter) {
  const row = [bos, letter(), letter()];
  const weights = [0, 0];
  while (row.length < 21) {
    const said = rng.next() < 0.6;
    row.push(said ? row[row.length - 2] : letter());
    weights.push(said ? 1 : 0);
  }
  return { row, weights: [...weights, 0] };
}
/** Five pairs, ten times one of them. */
function pairs(rng, letter) {
  const pair = Array.from({ length: 5 }, () => [letter(), letter()]);
  const seen = new Set();
  const row = [bos];
  const weights = [0];
  for (let i = 0; i < 10; i++) {
    const one = rng.pick(pair);
    row.push(...one);
    weights.push(seen.has(one) ? 1 : 0, 0);
    seen.add(one);
  }
  return { row, weights };
}
/** Few tokens to draw from in most rows of pairs: that is learnt first. */
function lookingBack(rng, count) {
  const made = Array.from({ length: count }, () => {
    const [kind, sizes] = rng.next() < 0.3 ? [echo, [256, ordinary]] : [pairs, [64, 64, 256, ordinary]];
    const size = rng.pick(sizes);
    return kind(rng, () => special + rng.integer(size));
  });
  return { tokens: made.map(one => one.row), weights: made.map(one => one.weights) };
}

// ---- on the way: what is right of questions never trained on, and where heads look

const text = tasks.corpus({
  model: like,
  answer: 12,
  free: 0.3,
  tokens: Number(args.tokens ?? 2048),
  shares: { coreference: 110, recall: 36, ioi: 22, facts: 9, chats: 12, words: 6, repeats: 5, brackets: 7, stories: 4 },
});
const questions = Object.fromEntries(
  ["ioi", "coreference", "recall", "facts", "chats"].map(kind => {
    const documents = text.documents(Number(args.asked ?? 64), { kind, split: "heldOut", seed: 7 });
    const ids = text => like.tokens(text).row(0);
    return [
      kind,
      documents.map(({ prompt = "", answer = "" }) => ({
        prompt: ids(prompt),
        answer: ids(prompt + answer)[ids(prompt).length],
      })),
    ];
  }),
);
function right(model, asked) {
  const best = model
    .run(
      asked.map(one => one.prompt),
      { at: -1 },
    )
    .logits.at({ pos: 0 })
    .argmax("dVocab")
    .toArray();
  return asked.filter((one, i) => one.answer === best[i]).length / asked.length;
}
const curve = {
  step: [],
  "previous token": [],
  induction: [],
  ...Object.fromEntries(Object.keys(questions).map(kind => [kind, []])),
};
const measured = { length: 25, batch: 8, seed: 0 };
function look(model, step, loss) {
  const previous = scores.previousToken(model, measured);
  const induction = scores.induction(model, measured);
  const taken = {
    step,
    "previous token": previous.max(),
    induction: induction.max(),
    ...Object.fromEntries(Object.entries(questions).map(([kind, asked]) => [kind, right(model, asked)])),
  };
  for (const [name, value] of Object.entries(taken)) curve[name].push(value);
  const strongest = score =>
    score
      .top(2)
      .map(one => `${one.layer}.${one.head} ${one.value.toFixed(2)}`)
      .join(", ");
  print(
    `${step}: loss ${loss.toFixed(3)}; previous token ${strongest(previous)}; induction ${strongest(induction)}; right: ${Object.keys(
      questions,
    )
      .map(kind => `${kind} ${(100 * taken[kind]).toFixed(0)}%`)
      .join(", ")}`,
  );
}

// ---- the two parts

const backward = train({
  ...adamW,
  betas: [0.9, 0.98],
  config,
  data: lookingBack,
  steps: Number(args.first ?? 2500),
  batch: 96,
  warmup: 20,
  schedule: "cosine",
  least: 0.1,
  seed: 3,
  init: { W_E: 0.05, W_O: writes, W_down: writes, others: 0.09 },
  checkpoint: { steps: 250, name: "looking-back" },
  every: {
    steps: every,
    run: (model, { step, loss }) => {
      look(model, step, loss);
    },
  },
});
const turned = backward.losses.shape[0];
const model = train({
  ...adamW,
  betas: [0.9, 0.98],
  model: backward,
  data: text,
  steps: Number(args.steps ?? 10000),
  warmup: 50,
  schedule: "cosine",
  least: 0.01,
  seed: 5,
  checkpoint: { steps: 250, name: "text" },
  every: {
    steps: every,
    run: (model, { step, loss }) => {
      look(model, turned + step, loss);
    },
  },
});
model.save("model", { dtype: "f16" });

const { step, ...lines } = curve;
chart
  .line(lines, {
    title: "A model learns to look back, then to answer",
    x: "step",
    y: "score, or share that is right",
    labels: step,
    range: [0, 1],
  })
  .save("learning");
chart
  .line(
    { "looking back": backward.losses, text: model.losses },
    { title: "Loss of every batch", x: "step", y: "loss", log: "y" },
  )
  .save("loss");
record("curve", curve);
check("a head attends to what followed the last time", curve.induction[curve.induction.length - 1] > 0.6);
for (const kind of Object.keys(questions))
  check(`${kind}: nine of ten held-out questions are answered`, curve[kind][step.length - 1] >= 0.9);
