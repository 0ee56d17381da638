// What does every attention head do? Five kinds of heads are easy to recognise on repeated random tokens, where only
// position and repetition are informative, and copying heads by their weights. A model with a previous-token head and,
// in a later layer, an induction head has the parts of an induction circuit (Olsson et al. 2022).
//
//   lens run heads.js [--model PATH] [--arg length=50] [--arg batch=4]
import { ablate, args, chart, check, head, load, metric, print, record, scores, table } from "lens";

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
  copying: scores.copying(model), // Σ Re λ / Σ |λ| of W_E OV W_U: 1 if every token raises its own logit
};

// ---- one heat map for each kind, layer 0 on top

const maps = Object.entries(kinds).map(([kind, score]) => {
  record(kind, score);
  const looks = kind !== "copying";
  const map = title =>
    chart.heatmap(score, {
      title,
      label: looks ? "attention" : "copying score",
      x: "head",
      y: "layer",
      range: [looks ? 0 : -1, 1],
      annotate: 3,
      width: "column",
    });
  map(`${kind} heads`).save(kind);
  return map(kind.replace("-", " "));
});
chart.grid(maps.slice(0, 5), { columns: 5, width: "page" }).save("heads"); // of attention, on one scale

// ---- the strongest heads of each kind, against the mean head and against attention that is uniform

const tokens = model.random({ ...measured, repeat: 2 });
const start = tokens.length - measured.length; // of the second copy
const uniform = from =>
  Array.from({ length: tokens.length - from }, (_, i) => 1 / (from + i + 1)).reduce((sum, x) => sum + x, 0) /
  (tokens.length - from);
const chance = {
  "first-token": uniform(0),
  "previous-token": uniform(1),
  "current-token": uniform(0),
  "duplicate-token": uniform(start),
  induction: uniform(start),
  copying: 0,
};
const strongest = Object.fromEntries(Object.entries(kinds).map(([kind, score]) => [kind, score.top(3)]));
table(
  Object.entries(strongest).flatMap(([kind, heads]) =>
    heads.map(top => ({
      kind,
      head: head(top.layer, top.head),
      score: top.value,
      "mean of all heads": kinds[kind].mean(),
      chance: chance[kind],
    })),
  ),
)
  .print()
  .save("strongest");

// ---- by ablation: the loss of the second copy without the three strongest heads of a kind

const copies = metric.loss({ from: start });
const lossOf = changed => copies.of(changed.run(tokens, { loss: true })).mean();
const whole = lossOf(model);
const without = Object.fromEntries(
  Object.entries(strongest).map(([kind, heads]) => [
    kind,
    lossOf(model.with(heads.map(top => ablate(head(top.layer, top.head), { with: "zero" })))),
  ]),
);
table(
  Object.entries({ "no heads": whole, ...without }).map(([kind, loss]) => ({
    "without the strongest": kind,
    "loss of the second copy": loss,
  })),
)
  .print()
  .save("ablated");
record("losses", { whole, ...without });

// ---- does the model have both parts of an induction circuit?

const [previous] = strongest["previous-token"];
const [induction] = strongest["induction"];

// the first layer with a previous-token head, whose output an induction head of a later layer can read
const earliest = kinds["previous-token"]
  .max("head")
  .toArray()
  .findIndex(score => score > 0.6);

check("a previous-token head scores above 0.6", previous.value > 0.6);
check("an induction head scores above 0.6", induction.value > 0.6);
check("the induction head comes after a previous-token head", earliest >= 0 && induction.layer > earliest);
check("without the induction heads a repeated token costs at least half a nat more", without.induction > whole + 0.5);
