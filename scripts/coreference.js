// How does a model resolve "which", "it", "who" and "whose"? Every head is scored by how much more such a pronoun
// attends to its referent than to the distractor, over sentences with known referents. A page shows a text in colours,
// where a pronoun and the words that it attends to have the same colour. Attention is only a hint: activation patching,
// with the distractor as the referent, finds the heads that determine the answer, and patching them verifies it.
//
//   lens run coreference.js [--model PATH] [--arg text="a sentence to show in colours"]
import { args, chart, check, head, html, load, metric, patch, patching, print, record, table, tensor } from "lens";

const model = load();
const { nLayers, nHeads } = model.config;

// ---- sentences: two things, each with a property; one is mentioned again, and a pronoun refers to it

const things = [
  ["red", "box", "blue", "cup"],
  ["green", "ball", "white", "hat"],
  ["black", "lamp", "yellow", "drum"],
  ["brown", "bell", "silver", "ring"],
];
const people = [
  ["Anna", "doctor", "Paul", "singer"],
  ["Tom", "teacher", "Lucy", "driver"],
  ["Emma", "pilot", "Mark", "cook"],
  ["Carl", "poet", "Rosa", "judge"],
];
const pets = [
  ["Anna", "dog", "Paul", "cat"],
  ["Tom", "horse", "Lucy", "bird"],
  ["Emma", "fish", "Mark", "cow"],
  ["Carl", "bear", "Rosa", "cat"],
];
const kinds = {
  which: {
    of: things,
    text: ([c, a, d, b], x) => `The ${c} ${a} and the ${d} ${b} were in the garden. Mary took the ${x}, which was`,
    referent: 1,
    answer: 0,
  },
  it: {
    of: things,
    text: ([c, a, d, b], x) => `A ${c} ${a} stood next to a ${d} ${b}. Mary liked the ${x} since it was`,
    referent: 1,
    answer: 0,
  },
  who: {
    of: people,
    text: ([a, c, b, d], x) => `${a} is a ${c} and ${b} is a ${d}. Mary met ${x}, who was a`,
    referent: 0,
    answer: 1,
  },
  whose: {
    of: pets,
    text: ([a, c, b, d], x) => `${a} had a ${c} and ${b} had a ${d}. Mary visited ${x}, whose pet was a`,
    referent: 0,
    answer: 1,
  },
};

/** Pairs of prompts that differ only in the referent, each with its pronoun, referent and distractor. */
const cases = Object.entries(kinds).flatMap(([word, { of, text, referent, answer }]) =>
  of.flatMap((/** @type {any} */ words) =>
    [0, 1].map(meant => {
      const [right, wrong] = [words[referent + 2 * meant], words[referent + 2 * (1 - meant)]];
      return {
        word,
        prompt: text(words, right),
        other: text(words, wrong),
        right,
        wrong,
        correct: ` ${words[answer + 2 * meant]}`,
        incorrect: ` ${words[answer + 2 * (1 - meant)]}`,
      };
    }),
  ),
);
const prompts = model.tokens(cases.map(one => one.prompt));

/** Returns the first or last position of a word, counted from the end, since rows differ in length. */
const place = (row, word, last = false) =>
  model.position(cases[row].prompt, word, { which: last ? "last" : "first" }) - prompts.row(row).length;

// ---- attention from the pronoun and from the last token, to the referent minus to the distractor

const run = model.run(prompts, { cache: "blocks.*.attn.hook_pattern" });
const patterns = Array.from({ length: nLayers }, (_, l) => run.cache.get(`blocks.${l}.attn.hook_pattern`));
const spots = cases.map(({ word, right, wrong }, row) => ({
  word: place(row, word, true),
  end: -1,
  right: place(row, right),
  wrong: place(row, wrong),
  named: place(row, right, true),
}));
/** Returns each head's attention to both mentions of the referent minus that to the distractor, averaged over rows. */
const preference = (from, rows) =>
  tensor(
    patterns.map(pattern =>
      rows.map(row => {
        const { right, named, wrong, ...spot } = spots[row];
        const seen = pattern.at({ batch: row, dest: spot[from] });
        return seen
          .at({ src: right })
          .add(seen.at({ src: named }))
          .sub(seen.at({ src: wrong }))
          .toArray();
      }),
    ),
    ["layer", "row", "head"],
  ).mean("row");
const rowsOf = word => [...cases.keys()].filter(row => cases[row].word === word);
const byWord = Object.fromEntries(Object.keys(kinds).map(word => [word, preference("word", rowsOf(word))]));
const fromWord = preference("word", [...cases.keys()]);
const fromEnd = preference("end", [...cases.keys()]);
chart
  .grid(
    [
      ...Object.entries(byWord).map(([word, score]) =>
        chart.heatmap(score, { title: `from "${word}"`, x: "head", y: "layer", range: [-1, 1] }),
      ),
      chart.heatmap(fromEnd, { title: "from the end", x: "head", y: "layer", range: [-1, 1] }),
    ],
    { columns: 5, title: "Attention to the referent minus attention to the distractor" },
  )
  .save("attention");
const lookers = [fromWord, fromEnd].flatMap(score => score.top(2).map(top => head(top.layer, top.head)));
table(
  Object.entries(byWord).flatMap(([word, score]) =>
    score.top(2).map(top => ({ word, head: head(top.layer, top.head), preference: top.value })),
  ),
)
  .print()
  .save("attention");

// a head that always attends this far back would also score highly: what does the first head do on random tokens?
const [looker] = lookers;
const back = spots[0].word - spots[0].named;
const random = model.random({ batch: 4, length: 50 });
const blind = model
  .run(random, { cache: looker.pattern, logits: false })
  .cache.get(looker.pattern)
  .diagonal(-back)
  .mean();
print(
  `${looker} attends from the pronoun to its referent, ${fromWord.max().toFixed(2)}; on random tokens its attention ` +
    `${back} tokens back is ${blind.toFixed(2)}${blind > 0.5 ? ": it depends on position, not on meaning" : ""}.`,
);

// ---- a text in colours: what these heads attend to from pronouns and from the last token

const text = args.text ?? [0, 8, 17, 24].map(i => `${cases[i].prompt}${cases[i].correct}.`).join(" ");
const shown = model.run(text, { cache: lookers.map(one => one.pattern) });
const said = model.pieces(shown.tokens)[0];
const standing = /^▁?(which|who|whom|whose|that|it|its|he|she|him|her|his|they|them|their|this|these|those)$/i;
const links = tensor(
  lookers.map(one => shown.cache.get(one.pattern).at({ batch: 0 }).toArray()),
  ["head", "dest", "src"],
).max("head");
said.forEach((piece, dest) => {
  if (!standing.test(piece) && dest < said.length - 1) links.at({ dest }).fill(0);
});
html
  .links(said, links, { title: `Pronouns and what heads ${lookers.join(", ")} attend to`, ignore: 0 })
  .save("colours");

// ---- which heads determine the answer? Each head's output patched into the runs with the other referent

const answers = metric.logitDiff({ correct: cases.map(one => one.correct), wrong: cases.map(one => one.incorrect) });
const swap = { clean: prompts, corrupted: cases.map(one => one.other), metric: answers, normalize: true };
const restored = patching.activation(model, { ...swap, site: "z", by: ["layer", "head"] });
const paths = patching.iterate(model, {
  clean: swap.clean,
  corrupted: swap.corrupted,
  metric: answers,
  top: 3,
  depth: 2,
});
chart
  .heatmap(restored, {
    title: "Share of the logit difference restored by a head",
    x: "head",
    y: "layer",
    diverging: true,
  })
  .save("restored");
table(paths.edges).print().save("paths");
const most = restored.top(Number(args.heads ?? 4)).map(top => head(top.layer, top.head));

// ---- verification: the output of these heads, or of as many others, taken from the run with the other referent

const lead = model => answers.of(model.run(prompts));
const whole = lead(model).mean();
const least = restored
  .abs()
  .mul(-1)
  .top(nLayers * nHeads)
  .map(top => head(top.layer, top.head));
const other = model.run(swap.corrupted, { cache: [...most, ...least.slice(0, most.length)] });
const swapped = list => [
  whole,
  ...list.map((_, n) => lead(model.with(patch(list.slice(0, n + 1), { from: other }))).mean()),
];
const effect = { "that restore most": swapped(most), "that restore least": swapped(least.slice(0, most.length)) };
chart
  .line(effect, {
    title: "Heads patched from the run with the other referent",
    x: "number of heads",
    y: "logit difference, right minus wrong",
    labels: [0, ...most.map((_, n) => n + 1)],
  })
  .save("swapped");
const [flipped, kept] = Object.values(effect).map(values => values.at(-1));
print(
  `The logit difference is ${whole.toFixed(1)}. In the run with the other referent, ${most[0]} alone restores ` +
    `${restored.max().toFixed(2)} of it.`,
);
print(
  `With ${most.join(", ")} from the run with the other referent it is ${flipped.toFixed(1)}; ` +
    `with as many heads that restore least, ${kept.toFixed(1)}.`,
);
record("attention", { fromWord, fromEnd });
record("restored", restored);
record("paths", paths.edges);
record("swapped", effect);

check("the model resolves every referent", lead(model).min() > 0);
check("a head attends from the pronoun to its referent", fromWord.max() > 0.4);
check("patching the heads that restore most flips the answer", flipped < -0.25 * whole);
check("patching as many others changes little", kept > 0.75 * whole);
