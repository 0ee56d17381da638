// Where does the bundled model come from? This trains one like it, from random weights, on text that the project generates
// (docs/bundled-model.md says what is in it), each document in a row of its own and answers counting for more than other
// words. It learns in two parts. At first most of the text is such that only looking back helps: keys and values asked for
// again, words and tokens said again; until heads attend to what followed the last time. Then comes everything.
// bundled-card.js measures what it gives.
//
//   lens run train-bundled.js [--arg first=6000] [--arg steps=20000] [--arg tokens=1024] [--arg lr=0.003]
//   lens run bundled-card.js --model out/train-bundled/model --arg documents=1000
//
// Hours on two cores. A run that is stopped goes on where it was; --arg first=20 --arg steps=20 --arg every=10 shows that it works.
import { args, chart, check, load, print, record, scores, seed, tasks, train } from "lens";

const tokens = Number(args.tokens ?? 1024), lr = Number(args.lr ?? 3e-3);
const like = load();      // its tokenizer, and what is asked on the way
const config = { nLayers: 5, nHeads: 4, dModel: 128, dMlp: 384, nCtx: 512, tied: true };
const adamW = { weightDecay: 0.1, clip: 1, batch: 1 };

const lookingBack = tasks.corpus({ model: like, tokens, answer: 40, free: 0, shares: { recall: 70, repeats: 30, words: 0, ioi: 0, coreference: 0, facts: 0, brackets: 0, stories: 0, chats: 0 } });
const everything = tasks.corpus({ model: like, tokens, shares: { stories: 4 } });

// ---- on the way: what is right of questions never trained on, and where heads look

const questions = Object.fromEntries(["ioi", "coreference", "recall", "facts", "chats"].map(kind => {
  const documents = everything.documents(Number(args.asked ?? 32), { kind, split: "heldOut", seed: 7 }), ids = text => like.tokens(text).row(0);
  return [kind, documents.map(({ prompt = "", answer = "" }) => ({ prompt: ids(prompt), answer: ids(prompt + answer)[ids(prompt).length] }))];
}));
function right(model, asked) {
  const best = model.run(asked.map(one => one.prompt), { at: -1 }).logits.at({ pos: 0 }).argmax("dVocab").toArray();
  return asked.filter((one, i) => one.answer === best[i]).length / asked.length;
}
const curve = { step: [], "previous token": [], induction: [], ...Object.fromEntries(Object.keys(questions).map(kind => [kind, []])) };
const measured = { length: 25, batch: 8, seed };
function look(model, step, loss) {
  const previous = scores.previousToken(model, measured), induction = scores.induction(model, measured);
  const taken = { step, "previous token": previous.max(), induction: induction.max(), ...Object.fromEntries(Object.entries(questions).map(([kind, asked]) => [kind, right(model, asked)])) };
  for (const [name, value] of Object.entries(taken)) curve[name].push(value);
  const strongest = score => score.top(2).map(one => `${one.layer}.${one.head} ${one.value.toFixed(2)}`).join(", ");
  print(`${step}: loss ${loss.toFixed(3)}; previous token ${strongest(previous)}; induction ${strongest(induction)}; right: ${Object.keys(questions).map(kind => `${kind} ${(100 * taken[kind]).toFixed(0)}%`).join(", ")}`);
  return taken.induction;
}

// ---- the two parts

const first = Number(args.first ?? 6000), steps = Number(args.steps ?? 20000), every = Number(args.every ?? 500);
const backward = train({ ...adamW, betas: [0.9, 0.95], config, data: lookingBack, steps: first, lr, warmup: 100, init: 0.1, checkpoint: { steps: 200, name: "looking-back" },
  every: { steps: every, run: (model, { step, loss }) => look(model, step, loss) > 0.6 } });
const turned = backward.losses.shape[0];
print(`${curve.induction[curve.induction.length - 1] > 0.6 ? "Heads look back" : "No head looks back yet"} after ${turned} steps; now everything.`);
const model = train({ ...adamW, betas: [0.9, 0.95], model: backward, data: everything, steps, lr, warmup: 100, schedule: "cosine", least: 0.02, checkpoint: { steps: 200, name: "everything" },
  every: { steps: every, run: (model, { step, loss }) => { look(model, turned + step, loss); } } });
model.save("model");

const { step, ...lines } = curve;
chart.line(lines, { title: "A model learns to look back, then to answer", x: "step", y: "score, or share that is right", labels: step, range: [0, 1] }).save("learning");
chart.line({ "looking back": backward.losses, everything: model.losses }, { title: "Loss of every batch", x: "step", y: "loss", log: "y" }).save("loss");
record("curve", curve);
check("a head attends to what followed the last time", curve.induction[curve.induction.length - 1] > 0.6);
for (const kind of Object.keys(questions)) check(`${kind}: nine of ten held-out questions are answered`, curve[kind][step.length - 1] >= 0.9);
