// Why does a model repeat itself, and what does it know by heart? Greedy generation often falls into a loop, and every
// repetition makes the next one more probable. The script finds prompts on which the model loops, measures how the
// probability grows with each copy, finds the heads that carry the repetition by patching them from a run in which the
// context does not contain the copy, and tests whether loops end when these heads are ablated. It then looks for
// passages of well-known texts that the model continues word for word, and finds the heads that carry those likewise.
//
//   lens run regurgitation.js [--model PATH] [--arg prompts="one|another"] [--arg max=80] [--arg famous="one|another"]
import { ablate, args, chart, check, head, load, metric, patch, patching, print, record, sweep, table } from "lens";

const model = load();
const max = Number(args.max ?? 80);
const prompts = (
  args.prompts ??
  "I went to the shop and|The list of ingredients is: milk,|Some years ago, I|She said that|Tom was a man who|" +
    "My name is Anna and I|The lamp is red. The cup is blue. The|lamp river stone Tom|drum cup Anna letter bell|" +
    "Mary guitar apple coat|Once upon a time there was a|One Monday, Mary and John went for a walk."
).split("|");
const plain = [
  "One day, Mary and John went to the park. Mary was happy.",
  "When Tom and Anna went to the store, Tom gave a drink to Anna.",
  "There was a red box in the garden, and next to it stood a blue cup.",
];
const famous = (
  args.famous ??
  "We hold these truths to be self-evident, that all men are created equal, that they are endowed by their Creator " +
    "with certain unalienable Rights, that among these are Life, Liberty and the pursuit of Happiness.|" +
    "Our Father who art in heaven, hallowed be thy name. Thy kingdom come, thy will be done, on earth as it is in " +
    "heaven. Give us this day our daily bread, and forgive us our trespasses|" +
    "Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in Liberty, " +
    "and dedicated to the proposition that all men are created equal.|" +
    "To be, or not to be, that is the question: Whether 'tis nobler in the mind to suffer the slings and arrows|" +
    "We the People of the United States, in Order to form a more perfect Union, establish Justice, insure domestic " +
    "Tranquility, provide for the common defence, promote the general Welfare|" +
    "I pledge allegiance to the Flag of the United States of America, and to the Republic for which it stands, one " +
    "Nation under God, indivisible, with liberty and justice for all.|" +
    "Congress shall make no law respecting an establishment of religion, or prohibiting the free exercise thereof; " +
    "or abridging the freedom of speech, or of the press; or the right of the people peaceably to assemble|" +
    'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED ' +
    "TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT.|" +
    "In the beginning God created the heaven and the earth. And the earth was without form, and void; and darkness " +
    "was upon the face of the deep.|" +
    "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience|" +
    "January, February, March, April, May, June, July, August, September, October, November, December|" +
    "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday|" +
    "a b c d e f g h i j k l m n o p q r s t u v w x y z|" +
    "The planets of the solar system are Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, and Neptune."
).split("|");
const count = n => [...Array(n).keys()];
const mean = list => list.reduce((a, b) => a + b, 0) / list.length;
const ids = text => model.tokens(text).row(0);
const bos = ids("a").slice(0, ids("a").length - model.tokens("a", { bos: false }).length); // none in some models

// ---- loops: greedy texts whose end repeats with some period

/** The period of a row's end, if the end repeats it at least once more and over 12 tokens, and where that begins. */
function loop(row, from) {
  for (let period = 1; period <= (row.length - from) / 2; period++) {
    let start = row.length - period;
    while (start > from && row[start - 1] === row[start - 1 + period]) start--;
    if (row.length - start >= Math.max(12, 2 * period)) return { period, start, copies: (row.length - start) / period };
  }
}
const written = model.generate(prompts, { max }).tokens.toArray();
const looped = written.flatMap((row, i) => {
  const found = loop(row, ids(prompts[i]).length);
  return found ? [{ prompt: prompts[i], row, ...found, unit: row.slice(-found.period) }] : [];
});
if (looped.length > 0)
  table(
    looped.map(({ prompt, period, copies, unit }) => ({
      prompt,
      "tokens in the loop": period,
      copies: copies.toFixed(1),
      "what repeats": JSON.stringify(String(model.text(unit)).slice(0, 60)),
    })),
  )
    .print()
    .save("loops");
print(`Greedy text falls into a loop within ${max} tokens on ${looped.length} of ${prompts.length} prompts.`);

// ---- how probable is each copy? The loops, sentences that the model would not repeat, and random tokens

const copies = 6;
/** Mean probability of the tokens of each copy of a unit. */
function growth(model, lead, unit) {
  const row = [...lead, ...count(copies).flatMap(() => unit)];
  const loss = model.run([row], { loss: true, logits: false }).loss.toArray()[0]; // [pos], for the token after pos
  return count(copies).map(copy =>
    mean(
      unit
        .map((_, i) => lead.length + copy * unit.length + i - 1)
        .filter(at => at >= 0)
        .map(at => Math.exp(-loss[at])),
    ),
  );
}
const average = lists => count(copies).map(copy => mean(lists.map(list => list[copy])));
const random = model.random({ batch: 3, length: 12, bos: false }).toArray();
const sure = {
  ...(looped.length > 0 && {
    "loops of the model": average(
      looped.slice(0, 4).map(({ row, start, unit }) => growth(model, row.slice(0, start), unit.slice(0, 24))),
    ),
  }),
  sentences: average(plain.map(text => growth(model, bos, ids(` ${text}`).slice(bos.length)))),
  "random tokens": average(random.map(unit => growth(model, bos, unit))),
};

// ---- which heads carry it? Each is patched from a run on the same copy after a context that does not contain it

const ranked = Number(args.candidates ?? 32);
/**
 * The loss on the last tokens of the rows as the output of one head is taken from rows that end in the same tokens but
 * have another beginning. Attribution patching names candidates, which are then patched one by one.
 */
function carriers(clean, corrupted, last) {
  const loss = metric.loss({ from: clean[0].length - last - 1 });
  const guess = patching.attribution(model, { clean, corrupted, metric: loss, steps: 4 });
  const candidates = guess.top(ranked).map(top => head(top.layer, top.head));
  const other = model.run(corrupted, { cache: candidates, logits: false });
  const before = loss.of(model.run(clean, { loss: true })).mean();
  const after = sweep(model, clean, { over: candidates, apply: one => patch(one, { from: other }), metric: loss }).sub(
    before,
  );
  return after.top(candidates.length).map(top => ({ head: candidates[top.cell], effect: top.value }));
}
const size = 36;
const shown = (looped.length > 1 ? looped : random.map(unit => ({ unit }))).slice(0, 6).map(({ unit }) => {
  const many = count(Math.ceil(size / unit.length) + 1).flatMap(() => unit);
  return many.slice(-size);
});
const last = Math.floor(size / 3);
const broken = shown.map((row, i) => [
  ...shown[(i + 1) % shown.length].slice(0, size - last),
  ...row.slice(size - last),
]);
const begun = rows => rows.map(row => [...bos, ...row]);
const repeating = carriers(begun(shown), begun(broken), last);

// ---- do loops end without them? The model continues texts that have begun to loop

const some = Math.min(repeating.length, 8);
const weakest = (list, n) =>
  [...list]
    .sort((a, b) => Math.abs(a.effect) - Math.abs(b.effect))
    .slice(0, n)
    .map(one => one.head);
const spared = weakest(repeating, some); // as many candidates, of those with the least effect
const reference = model.tokens(plain);
const without = list => (list.length === 0 ? model : model.with(ablate(list, { with: "mean", over: reference })));
const begin = ({ start, period }) => start + Math.max(12, period + Math.ceil(period / 2));
const started = looped.map(one => one.row.slice(0, begin(one)));
/** For each text, the share of 32 new tokens before the first that departs from the loop, and that repeat anything. */
function continued(model) {
  return model
    .generate(started, { max: 32 })
    .tokens.toArray()
    .map((row, i) => {
      const from = started[i].length;
      const departs = row.findIndex((id, at) => at >= from && id !== row[at - looped[i].period]);
      const eights = row.map((_, at) => row.slice(at - 7, at + 1).join());
      const repeated = eights.filter((eight, at) => at >= from && eights.indexOf(eight) < at);
      return {
        loop: departs < 0 ? 1 : (departs - from) / (row.length - from),
        repeated: repeated.length / (row.length - from),
      };
    });
}
const cost = model =>
  metric
    .loss()
    .of(model.run(plain, { loss: true }))
    .mean();
const steps = [...new Set([0, 1, 2, 4, some])].filter(n => n <= some).sort((a, b) => a - b);
const tried =
  looped.length === 0
    ? []
    : steps.map(n => {
        const [found, others] = [repeating.slice(0, n).map(one => one.head), spared.slice(0, n)].map(without);
        const [left, control] = [found, others].map(continued);
        return {
          heads: n,
          "goes on": mean(left.map(one => one.loop)),
          "others ablated": mean(control.map(one => one.loop)),
          "loops left": left.filter(one => one.loop < 1).length,
          "repeats anything": mean(left.map(one => one.repeated)),
          "loss of plain text": cost(found),
          "loss, others ablated": cost(others),
        };
      });
if (tried.length > 0) table(tried).print().save("ablated");

// ---- passages that the model continues word for word

const known = famous.flatMap(text => {
  const row = ids(text);
  const best = model.run([row]).logits.at({ batch: 0 }).argmax("dVocab").toArray();
  let [from, length, begun] = [0, 0, 0];
  for (let at = 1; at < row.length; at++) {
    if (best[at - 1] !== row[at]) begun = at + 1;
    else if (at + 1 - begun > length) [from, length] = [begun, at + 1 - begun];
  }
  return length < 8 || from === 0 ? [] : [{ row, from, length }];
});
if (known.length > 0)
  table(
    known.map(({ row, from, length }) => ({
      "given this": `…${String(model.text(row.slice(Math.max(0, from - 8), from)))}`,
      "it continues": String(model.text(row.slice(from, from + length))),
      tokens: length,
    })),
  )
    .print()
    .save("by-heart");
print(`It continues ${known.length} of ${famous.length} well-known texts by eight tokens or more, word for word.`);

// ---- which heads carry them? The context of the last tokens is replaced by that of another text

const window = 16;
const whole = known.filter(({ from, length }) => from + length >= window);
const recited = whole.map(({ row, from, length }) => row.slice(from + length - window, from + length));
const contexts = famous.map(text => ids(text).slice(bos.length)).filter(row => row.length >= window);
const forgotten = recited.map((row, i) => {
  const other = contexts.filter(context => !row.join().includes(context.slice(0, 2).join()));
  return [...other[(5 * i + 3) % other.length].slice(0, window - 6), ...row.slice(window - 6)];
});
const reciting = recited.length > 0 ? carriers(begun(recited), begun(forgotten), 6) : [];
const few = Math.min(reciting.length, 8);
/** Mean probability of the tokens of the passages. */
const remembered = model =>
  mean(
    known.flatMap(({ row, from, length }) =>
      Array.from(model.run([row], { loss: true, logits: false }).loss.at({ batch: 0 }).toArray())
        .slice(from - 1, from - 1 + length)
        .map(loss => Math.exp(-loss)),
    ),
  );
const recital = Object.entries({
  nothing: [],
  "heads of the passages": reciting.slice(0, few).map(one => one.head),
  "as many others": weakest(reciting, few),
  "heads of the loops": repeating.slice(0, few).map(one => one.head),
})
  .filter(() => reciting.length > 0)
  .map(([name, list]) => ({
    ablated: name,
    heads: list.join(" "),
    "probability of the passages": remembered(without(list)),
    "loss of plain text": cost(without(list)),
  }));
if (recital.length > 0) table(recital).print().save("recited");

// ---- pictures

chart
  .line(sure, {
    title: "Probability of the tokens of each copy",
    x: "copy",
    y: "mean probability",
    labels: count(copies).map(copy => copy + 1),
    range: [0, 1],
    width: "column",
  })
  .save("copies");
const names = list => list.map(one => String(one.head));
const bars = (title, list) =>
  chart.bar(
    list.slice(0, 12).map(one => one.effect),
    { title, x: "", y: "added loss, nats", labels: names(list.slice(0, 12)) },
  );
chart
  .grid([bars("Repetition", repeating), ...(reciting.length > 0 ? [bars("Well-known passages", reciting)] : [])], {
    columns: 2,
    title: "Loss added when one head's output is that of another context",
    width: "page",
  })
  .save("heads");
if (tried.length > 0)
  chart
    .grid(
      [
        ["The loop goes on", "share of new tokens", "goes on", "others ablated"],
        ["Plain text", "loss, nats per token", "loss of plain text", "loss, others ablated"],
      ].map(([title, y, found, others]) =>
        chart.line(
          { "heads found": tried.map(row => row[found]), "as many others": tried.map(row => row[others]) },
          { title, x: "heads ablated", y, labels: steps, styles: { "as many others": "dashed" } },
        ),
      ),
      { columns: 2, title: "Texts that have begun to loop, continued without some heads", width: "page" },
    )
    .save("repetition");

// ---- the finding

const fixed = value => value.toFixed(2);
for (const [name, list] of Object.entries(sure))
  print(
    `Probability of copies 1, 2, 3 and ${copies}, ${name}: ` +
      `${[0, 1, 2, copies - 1].map(i => fixed(list[i])).join(", ")}.`,
  );
print(
  `Repetition is carried by ${repeating
    .slice(0, some)
    .map(({ head, effect }) => `${head} (${fixed(effect)})`)
    .join(", ")}.`,
);
const before = tried[0];
const end = tried.slice(1).reduce((a, b) => (b["goes on"] < a["goes on"] ? b : a), tried[1]);
if (end)
  print(
    `Of ${started.length} texts that have begun to loop, ${fixed(before["goes on"])} of the new tokens continue the ` +
      `loop; without ${end.heads} of these heads ${fixed(end["goes on"])}, and ${end["loops left"]} texts leave it; ` +
      `without ${end.heads} others ${fixed(end["others ablated"])}. ${fixed(end["repeats anything"])} of the tokens ` +
      `still repeat something. Plain text then costs ${fixed(end["loss of plain text"])} nats per token instead of ` +
      `${fixed(before["loss of plain text"])}.`,
  );
const both = names(reciting.slice(0, few)).filter(name => names(repeating.slice(0, few)).includes(name));
if (recital.length > 0)
  print(
    `Well-known passages are carried by ${names(reciting.slice(0, few)).join(", ")}; among the heads of the loops ` +
      `are ${both.join(", ") || "none of these"}. The mean probability of the passages' tokens is ` +
      `${fixed(recital[0]["probability of the passages"])}; without these heads ` +
      `${fixed(recital[1]["probability of the passages"])}, without others ` +
      `${fixed(recital[2]["probability of the passages"])}, without the heads of the loops ` +
      `${fixed(recital[3]["probability of the passages"])}.`,
  );
else print("It knows none of the texts by heart, so there are no heads to look for.");
record("sure", sure);
record(
  "loops",
  looped.map(({ prompt, period, copies }) => ({ prompt, period, copies })),
);
record(
  "repeating",
  repeating.map(({ head, effect }) => ({ head: String(head), effect })),
);
record("tried", tried);
record(
  "known",
  known.map(({ row, from, length }) => ({ text: model.text(row.slice(from, from + length)), length })),
);
record(
  "reciting",
  reciting.map(({ head, effect }) => ({ head: String(head), effect })),
);
record("recital", recital);

check("greedy text falls into loops", looped.length > 0);
check(
  "a repeated random token is more probable than a new one",
  sure["random tokens"][1] > 5 * sure["random tokens"][0],
);
check("a repeated sentence is more probable than a new one", sure.sentences[1] > 1.3 * sure.sentences[0]);
if (end)
  check(
    "ablating the heads found ends loops, ablating as many others does not",
    end["goes on"] < 0.5 * before["goes on"] && end["others ablated"] > 0.7 * before["goes on"],
  );
if (recital.length > 0)
  check(
    "passages known by heart depend on the heads found more than on as many others",
    recital[0]["probability of the passages"] - recital[1]["probability of the passages"] >
      2 * (recital[0]["probability of the passages"] - recital[2]["probability of the passages"]),
  );
