// What can a model do? This script makes its card: its shape, the loss on each kind of text, how often it answers
// questions correctly, whether it closes the right bracket, and which heads are previous-token or induction heads.
// Ablating the former shows that the latter depend on them. The text is generated and was held out from the bundled
// model's training (docs/bundled-model.md has its card). Of other models, the facts about invented countries and the
// refusals ask what they cannot know; the answers of all other questions are in the prompt. A larger model is asked
// fewer questions.
//
//   lens run bundled-card.js [--model PATH] [--arg documents=1000] [--arg seed=7]
import { ablate, args, chart, check, head, load, print, record, scores, table, tasks } from "lens";

const model = load();
const corpus = tasks.corpus({ model });
const { nLayers, nHeads, nKvHeads, dModel, dHead, dMlp, dVocab, nCtx, tied, family } = model.config;
const parameters =
  nLayers * dModel * (2 * nHeads * dHead + 2 * nKvHeads * dHead + 3 * dMlp) + (tied ? 1 : 2) * dVocab * dModel;
const count = Number(args.documents ?? Math.max(8, Math.min(250, Math.round(3e9 / parameters))));
const seed = Number(args.seed ?? 7);
const kinds = Object.fromEntries(
  [...corpus.kinds].sort().map(kind => [kind, corpus.documents(count, { kind, split: "heldOut", seed })]),
);
const prose = [
  "The river rises in the hills behind the village and runs south for forty miles before it reaches the sea.",
  "She had never liked mathematics at school, but the puzzles in the newspaper were a different matter altogether.",
  "If the pump does not start, check first whether the valve is open and the tank has been filled with water.",
  "Most of the houses in this street were built a hundred years ago, when the railway came to the town.",
];
table([
  { what: "family", value: family },
  { what: "layers, heads, key and value heads", value: `${nLayers}, ${nHeads}, ${nKvHeads}` },
  { what: "width, head, hidden", value: `${dModel}, ${dHead}, ${dMlp}` },
  { what: "vocabulary, context", value: `${dVocab}, ${nCtx}` },
  { what: "parameters in matrices", value: `${(parameters / 1e6).toFixed(1)} million` },
])
  .print()
  .save("shape");

const share = (part, whole) => `${((100 * part) / whole).toFixed(1)}%`;
/** Applies `measure` to batches of documents of similar length, so that there is little padding. */
function inBatches(documents, measure) {
  const sorted = [...documents].sort((a, b) => a.ids.length - b.ids.length);
  return Array.from({ length: Math.ceil(sorted.length / 32) }, (_, i) => sorted.slice(32 * i, 32 * i + 32)).flatMap(
    measure,
  );
}
const ids = text => model.tokens(text).row(0);
const rowsOf = documents => documents.map(document => Array.from(document.ids));

// ---- loss in nats per token; for repeated random tokens, the first copy and the others separately

const sums = documents =>
  inBatches(documents, some => {
    const losses = model.run(rowsOf(some), { loss: true, logits: false }).loss.toArray();
    return some.map((document, i) => {
      const own = losses[i].slice(-(document.ids.length - 1));
      const free = document.free ?? 0;
      const total = part => part.reduce((sum, loss) => sum + loss, 0);
      return { first: total(own.slice(0, free)), firsts: free, rest: total(own.slice(free)), rests: own.length - free };
    });
  }).reduce((all, one) => Object.fromEntries(Object.keys(one).map(name => [name, all[name] + one[name]])));
const losses = Object.entries({ ...kinds, "English prose": prose.map(text => ({ ids: ids(text), free: 0 })) }).map(
  ([kind, documents]) => {
    const { first, firsts, rest, rests } = sums(documents);
    return {
      kind,
      documents: documents.length,
      "first copy": firsts > 0 ? first / firsts : NaN,
      "nats a token": rest / rests,
    };
  },
);
table(losses).print().save("loss");

// ---- questions: is the answer the most probable token, and more probable than the wrong answers?

function asked(documents) {
  return inBatches(documents, some => {
    const prompts = some.map(one => ids(one.prompt));
    const logits = model.run(prompts, { at: -1 }).logits.at({ pos: 0 });
    const best = logits.argmax("dVocab").toArray();
    return some.map((one, i) => {
      const next = word => ids(one.prompt + word)[prompts[i].length];
      const answer = next(one.answer);
      return {
        topic: one.topic,
        best: best[i] === answer,
        over: one.wrong
          .map(next)
          .filter(wrong => wrong !== answer) // words may begin with the same piece
          .every(wrong => logits.get(i, answer) > logits.get(i, wrong)),
      };
    });
  });
}
const questions = Object.entries(kinds).flatMap(([kind, documents]) => {
  const answers = asked(documents.filter(one => "prompt" in one));
  return [...new Set(answers.map(one => one.topic))].sort().map(topic => {
    const some = answers.filter(one => one.topic === topic);
    return {
      kind,
      question: topic,
      asked: some.length,
      best: some.filter(one => one.best).length,
      over: some.filter(one => one.over).length,
    };
  });
});
table(
  questions.map(({ kind, question, asked, best, over }) => ({
    kind,
    question,
    asked,
    "most likely token": share(best, asked),
    "over the wrong answers": share(over, asked),
  })),
)
  .print()
  .save("questions");
chart
  .bar(
    {
      "most probable token": questions.map(one => one.best / one.asked),
      "above wrong answers": questions.map(one => one.over / one.asked),
    },
    {
      title: "Questions answered correctly",
      x: "",
      y: "share",
      labels: questions.map(one => `${one.kind}: ${one.question}`),
      range: [0, 1],
      width: "page",
    },
  )
  .save("questions");

// ---- brackets: is the right kind closed, and is the most probable token allowed?

const last = text => ids(text)[ids(text).length - 1];
/** The place of a token among brackets, which may have one token at the beginning and another behind a space. */
const among = brackets => {
  const forms = [...brackets].map(one => [last(`x ${one}`), last(one)]);
  return id => forms.findIndex(form => form.includes(id));
};
const opening = among("([{<");
const closing = among(")]}>");
const closers = [...")]}>"].map(one => last(`x ${one}`));
const stop = last("x .");
const places = inBatches(kinds.brackets, some => {
  const logits = model.run(rowsOf(some)).logits;
  const best = logits.argmax("dVocab").toArray();
  const scored = closers.map(id => logits.at({ dVocab: id }).toArray());
  return some.flatMap(({ ids: row }, i) => {
    const open = [-1];
    const found = [];
    const padding = best[i].length - row.length;
    for (let at = 1; at < row.length - 1; at++) {
      if (opening(row[at]) >= 0) open.push(opening(row[at]));
      if (closing(row[at]) >= 0) open.pop();
      if (row[at] === stop) continue;
      const likeliest = best[i][padding + at];
      const scores = scored.map(logit => logit[i][padding + at]);
      const innermost = open[open.length - 1];
      const allowed = opening(likeliest) >= 0 || likeliest === (innermost < 0 ? stop : closers[innermost]);
      found.push({
        allowed,
        closes: closing(row[at + 1]) >= 0,
        right: scores.indexOf(Math.max(...scores)) === innermost,
      });
    }
    return found;
  });
});
const closes = places.filter(one => one.closes);
const brackets = {
  right: closes.filter(one => one.right).length / closes.length,
  allowed: places.filter(one => one.allowed).length / places.length,
};
print(
  `Brackets: ${share(brackets.right, 1)} are closed by the right kind; the most likely token is allowed in ` +
    `${share(brackets.allowed, 1)} of the positions.`,
);

// ---- heads, on random tokens repeated once

const measured = { length: 50, batch: Math.max(4, Math.min(32, Math.round(1e9 / parameters))), seed: 0 };
const found = {
  previous: scores.previousToken(model, measured),
  induction: scores.induction(model, measured),
  duplicate: scores.duplicateToken(model, measured),
  first: scores.firstToken(model, measured),
};
const strongest = (score, many) => score.top(many).map(one => ({ head: head(one.layer, one.head), value: one.value }));
table(
  Object.entries(found).map(([name, score]) => ({
    score: name,
    "strongest heads": strongest(score, 3)
      .map(one => `${one.head} ${one.value.toFixed(2)}`)
      .join(", "),
  })),
)
  .print()
  .save("heads");
chart
  .grid(
    ["previous", "induction"].map(name =>
      chart.heatmap(found[name], {
        title: `${name === "previous" ? "Previous-token" : "Induction"} score`,
        x: "head",
        y: "layer",
        label: "attention",
        range: [0, 1],
        annotate: 3,
      }),
    ),
    { columns: 2, width: "column" },
  )
  .save("heads");
const silenced = strongest(found.induction, 2).map(({ head: one, value }) => {
  const before = strongest(found.previous, 6)
    .filter(other => other.head.layer < one.layer && other.value > 0.6)
    .map(other => other.head);
  const left =
    before.length === 0
      ? value
      : scores.induction(model.with(ablate(before, { with: "zero" })), measured).get(one.layer, one.head);
  print(
    `Induction head ${one}: ${value.toFixed(2)}; with the previous-token heads of earlier layers ` +
      `(${before.join(", ") || "none"}) ablated: ${left.toFixed(2)}.`,
  );
  return { head: String(one), value, before: before.map(String), left };
});

record("losses", losses);
record("questions", questions);
record("brackets", brackets);
record("induction", silenced);
const total = (kind, what) => questions.filter(one => one.kind === kind).reduce((sum, one) => sum + one[what], 0);
const expected = { ioi: 95, coreference: 90, facts: 95, recall: 95, chats: 90 };
print(
  "Questions whose answer is more probable than the wrong ones: " +
    Object.keys(expected)
      .map(kind => `${kind} ${share(total(kind, "over"), total(kind, "asked"))}`)
      .join(", ") +
    ".",
);
for (const [kind, percent] of Object.entries(expected)) {
  check(
    `${kind}: the right answer is more probable than the wrong ones in ${percent}% of questions`,
    total(kind, "over") >= (percent / 100) * total(kind, "asked"),
  );
}
check("there is a previous-token head", found.previous.max() >= 0.6);
check("there is an induction head in a later layer", silenced[0].value >= 0.6 && silenced[0].before.length > 0);
check("the induction head depends on the previous-token heads", silenced[0].left < 0.3 * silenced[0].value);
