// How does a model know what "which", "it", "who" and "whose" stand for? Every head is scored by how strongly such a
// word attends to what it stands for rather than to the other thing it could stand for, over sentences whose referents
// are known. A text comes out in colours: what is looked at and what looks at it share one. Attention is
// only a hint: activation patching, with the other thing meant, finds the heads that decide what follows, and ablation
// shows that it is they.
//
//   lens run coreference.js [--model PATH] [--arg text="any sentence, to be shown in colours"]
import { args, chart, check, head, html, load, metric, patch, patching, print, record, table, tensor } from "lens";

const model = load();
const { nLayers, nHeads } = model.config;

// ---- sentences: two things, each with its own property; one is spoken of again, and a small word stands for it

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

/** Prompts in pairs that differ in what is meant alone, and for each the word, what it stands for and what it does not. */
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
const pieces = model.pieces(prompts);

/** Where a word is, the first time or the last, from the end of its row: rows are of different length. */
function place(row, word, last = false) {
  const plain = pieces[row].map(piece => piece.replace("▁", ""));
  const at = last ? plain.lastIndexOf(word) : plain.indexOf(word);
  if (at < 0) throw new Error(`"${word}" is not one token of this model`);
  return at - plain.length;
}

// ---- attention: from the small word, and from the end, to what is meant rather than to what is not

const run = model.run(prompts, { cache: "blocks.*.attn.hook_pattern" });
const patterns = Array.from({ length: nLayers }, (_, l) => run.cache.get(`blocks.${l}.attn.hook_pattern`));
const spots = cases.map(({ word, right, wrong }, row) => ({
  word: place(row, word, true),
  end: -1,
  right: place(row, right),
  wrong: place(row, wrong),
  named: place(row, right, true),
}));
/** Mean over sentences of what each head pays to the thing meant, told or named again, less what it pays to the other one. */
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
    { columns: 5, title: "Attention to what is meant less attention to what is not" },
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

// a head that always looks so far back would score as well: what does the first one do on random tokens?
const [looker] = lookers;
const back = spots[0].word - spots[0].named;
const random = model.random({ batch: 4, length: 50 });
const blind = model
  .run(random, { cache: looker.pattern, logits: false })
  .cache.get(looker.pattern)
  .diagonal(-back)
  .mean();
print(
  `${looker} looks from the small word at what it stands for, ${fromWord.max().toFixed(2)}; on random tokens it looks ${back} tokens back with ${blind.toFixed(2)}${blind > 0.5 ? ": it goes by position, not by meaning" : ""}.`,
);

// ---- a text in colours: at what these heads look from words that stand for something, and from the end

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
html.links(said, links, { title: `What stands for what, by heads ${lookers.join(", ")}`, ignore: 0 }).save("colours");

// ---- which heads decide what follows? The runs in which the other thing is meant, with one head's output put right

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
  .heatmap(restored, { title: "Share of the meaning restored by a head", x: "head", y: "layer", diverging: true })
  .save("restored");
table(paths.edges).print().save("paths");
const most = restored.top(Number(args.heads ?? 4)).map(top => head(top.layer, top.head));

// ---- is it they? In the run as it is, their output from the run in which the other thing is meant; or that of as many others

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
    title: "Heads taken from the run that means the other thing",
    x: "heads",
    y: "logit of right less wrong answer",
    labels: [0, ...most.map((_, n) => n + 1)],
  })
  .save("swapped");
const [flipped, kept] = Object.values(effect).map(values => values.at(-1));
print(
  `The right answer is ahead by ${whole.toFixed(1)}. ${most[0]} alone restores ${restored.max().toFixed(2)} of it where the other thing is meant.`,
);
print(
  `With ${most.join(", ")} from the run that means the other thing it is ahead by ${flipped.toFixed(1)}; with as many that restore least, by ${kept.toFixed(1)}.`,
);
record("attention", { fromWord, fromEnd });
record("restored", restored);
record("paths", paths.edges);
record("swapped", effect);

check("the model knows what is meant", lead(model).min() > 0);
check("a head looks from the small word at what it stands for", fromWord.max() > 0.4);
check("the heads that restore the meaning decide it: with the other's, the other is answered", flipped < -0.25 * whole);
check("as many others change little", kept > 0.75 * whole);
