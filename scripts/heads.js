// What does every attention head do? Five kinds of heads are easy to recognise on repeated random tokens, where only
// position and repetition are informative. A model with a previous-token head and, in a later layer, an induction head
// has the parts of an induction circuit (Olsson et al. 2022).
//
//   lens run heads.js [--model PATH] [--arg length=50] [--arg batch=4]
import { args, chart, check, head, load, print, record, scores, table } from "lens";

const model = load();
const measured = { length: Number(args.length ?? 50), batch: Number(args.batch ?? 4) };
print(model);
print(`Scores on ${measured.batch} rows of ${measured.length} random tokens, repeated once.`);

const kinds = {
  "first-token": scores.firstToken(model, measured), // A[i, 0], the attention sink
  "previous-token": scores.previousToken(model, measured), // A[i, i-1]
  "current-token": scores.currentToken(model, measured), // A[i, i]
  "duplicate-token": scores.duplicateToken(model, measured), // A[i, i-P], the same token in the first copy
  induction: scores.induction(model, measured), // A[i, i-(P-1)], the token after that
};

// ---- one heat map for each kind, layer 0 on top

const maps = Object.entries(kinds).map(([kind, score]) => {
  record(kind, score);
  return chart.heatmap(score, { title: `${kind} heads`, x: "head", y: "layer", range: [0, 1] }).save(kind);
});
chart.grid(maps, { columns: 5 }).save("heads");

// ---- the strongest heads of each kind

table(
  Object.entries(kinds).flatMap(([kind, score]) =>
    score.top(3).map(top => ({ kind, head: head(top.layer, top.head), score: top.value })),
  ),
)
  .print()
  .save("strongest");

// ---- does the model have both parts of an induction circuit?

const [previous] = kinds["previous-token"].top(1);
const [induction] = kinds["induction"].top(1);

// the first layer with a previous-token head, whose output an induction head of a later layer can read
const earliest = kinds["previous-token"]
  .max("head")
  .toArray()
  .findIndex(score => score > 0.6);

check("a previous-token head scores above 0.6", previous.value > 0.6);
check("an induction head scores above 0.6", induction.value > 0.6);
check("the induction head comes after a previous-token head", earliest >= 0 && induction.layer > earliest);
