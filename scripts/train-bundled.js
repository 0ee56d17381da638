// How was the bundled model trained? By this script: from random weights, on generated text (see
// docs/bundled-model.md), with AdamW, and without any supervision of attention. The training has two parts.
//
// The first part is on random tokens of the whole vocabulary. In some rows, most tokens repeat the token before the
// last, which makes previous-token heads emerge within a hundred steps. In the other rows, a few pairs are repeated in
// random order, so that the token after another can only be predicted from an earlier occurrence: once there are
// previous-token heads, induction heads emerge some hundred steps later. Without the first kind of row both take many
// times as long, or do not emerge at all.
//
// The second part is on the text: one document per row, with larger weights on answers and a large share of
// coreference.
//
//   lens run train-bundled.js [--arg first=2500] [--arg steps=10000] [--arg lr=0.002]
//   lens run bundled-card.js --model out/train-bundled/model --arg documents=1000
//
// It takes about an hour, and a run that was stopped can be resumed; for a quick trial use --arg first=20 --arg
// steps=20 --arg every=10.
//
// The weights of --model are not used. Its tokenizer is: the same small architecture is trained on text in its tokens.
// With a vocabulary much larger than the bundled model's 1,792 tokens a step takes many times as long, so that the
// script then makes a trial of a few steps unless --arg first= and --arg steps= say otherwise.
import { args, chart, check, load, print, record, scores, tasks, train } from "lens";

const like = load(); // for its tokenizer, and for the questions
const trial = like.config.dVocab > 8 * 1792;
const first = Number(args.first ?? (trial ? 12 : 2500));
const steps = Number(args.steps ?? (trial ? 24 : 10000));
const bos = 1;
const special = 3;
const ordinary = like.config.dVocab - special; // ids below 3 are special
const config = { nLayers: 5, nHeads: 4, dModel: 128, dMlp: 384, nCtx: 512, dVocab: special + ordinary, tied: true };
const adamW = { weightDecay: 0.05, clip: 1, lr: Number(args.lr ?? 2e-3) };
const writes = 0.01 / Math.sqrt(2 * config.nLayers); // initially, layers add almost nothing to the residual stream
const every = Number(args.every ?? (trial ? 12 : 250));
const began = Date.now();

// ---- rows of 21 tokens that can only be predicted from earlier tokens, with the weights of predictions

/** Draws a row in which most tokens repeat the token before the last; the others are new. */
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
/** Draws a row of ten pairs, each one of five. */
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
/** Draws a batch; most rows of pairs use few different tokens, which is learnt first. */
function lookingBack(rng, count) {
  const made = Array.from({ length: count }, () => {
    const [kind, sizes] = rng.next() < 0.3 ? [echo, [256, ordinary]] : [pairs, [64, 64, 256, ordinary]];
    const size = rng.pick(sizes);
    return kind(rng, () => special + rng.integer(size));
  });
  return { tokens: made.map(one => one.row), weights: made.map(one => one.weights) };
}

// ---- evaluations during training: accuracy on held-out questions, and scores of heads

const text = tasks.corpus({
  model: like,
  answer: 12,
  free: 0.3,
  tokens: Number(args.tokens ?? 2048),
  shares: { coreference: 110, recall: 36, ioi: 22, facts: 9, chats: 12, words: 6, repeats: 5, brackets: 7, stories: 4 },
});
const questions = Object.fromEntries(
  ["ioi", "coreference", "recall", "facts", "chats"].map(kind => {
    const documents = text.documents(Number(args.asked ?? (trial ? 8 : 64)), { kind, split: "heldOut", seed: 7 });
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
if (trial)
  print(
    `A trial: with ${like.config.dVocab} tokens in the vocabulary, all 12,500 steps take hours ` +
      "(--arg first=2500 --arg steps=10000).",
  );
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
    `${step}: loss ${loss.toFixed(3)}; previous token ${strongest(previous)}; ` +
      `induction ${strongest(induction)}; right: ${Object.keys(questions)
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
  steps: first,
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
  steps,
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
const each = (Date.now() - began) / 1000 / (first + steps);
print(`A step took ${each.toFixed(2)} s, so that 12,500 steps take about ${((12500 * each) / 3600).toFixed(1)} hours.`);

const { step, ...lines } = curve;
chart
  .line(lines, {
    title: "Head scores and accuracy during training",
    x: "step",
    y: "score or accuracy",
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
check("an induction head emerges", curve.induction[curve.induction.length - 1] > 0.6);
for (const kind of Object.keys(questions))
  check(`${kind}: nine of ten held-out questions are answered correctly`, curve[kind][step.length - 1] >= 0.9);
