// How does a model do a small task that the prompt asks for? Tasks are described in words (by the model's chat
// template, if it has one) or by examples: copying, reversing, uppercase, adding, and others. The script first measures
// which tasks the model can do. For these it patches the output of every head between prompts that differ only in
// content: that finds the heads which carry the content to the answer, and shows which heads tasks share.
//
//   lens run instructed-tasks.js [--model PATH] [--arg words="house river …"] [--arg examples=10] [--arg prompts=12]
//                                [--arg heads=6]
import { args, chart, check, head, heads, load, metric, patch, print, record, sweep, table, tensor } from "lens";

const model = load();
const examples = Number(args.examples ?? 10);
const number = Number(args.prompts ?? 12); // prompts of each task
const patched = 5; // of those that are answered rightly, so many are patched

// ---- tasks: words that are single tokens, what is asked, and what is answered

/** Whether a word is one token behind a space. */
const single = word => model.tokens(`x ${word}`).length === model.tokens("x").length + 1;
/** The words of a list that are single tokens, or all if there are too few. */
const some = (list, least) => {
  const short = list.split(" ").filter(single);
  return short.length >= least ? short : list.split(" ");
};
const words = some(
  args.words ??
    "house river stone apple table music water green paper horse train light bread cloud chair plant dress phone " +
      "glass lamp drum cup bell hat key ring ball box dog cat",
  16,
);
const names = some("Tom Anna Mark Mary Paul Emma Carl Lucy John Alice Peter James", 8);
const brackets = { "(": ")", "[": "]", "{": "}", "<": ">" };
const pick = (list, i, k = 0) => list[(i + 5 * k + k * k) % list.length];
const three = i => [0, 1, 2].map(k => pick(words, i, k));
const sums = [1, 2, 3, 4, 5, 6, 7, 8].flatMap(a => [1, 2, 3, 4, 5, 6, 7, 8].filter(b => a + b < 10).map(b => [a, b]));
const sum = i => pick(sums, 7 * i);
const join = list => list.join(" ");
/** Tasks by example: the i-th item, and its answer. */
const shown = {
  "copy a list": i => [join(three(i)), join(three(i))],
  "reverse a list": i => [join(three(i)), join(three(i).reverse())],
  uppercase: i => [pick(words, i), pick(words, i).toUpperCase()],
  plural: i => [pick(words, i), `${pick(words, i)}s`],
  add: i => [sum(i).join(" + "), String(sum(i)[0] + sum(i)[1])],
};
/** Tasks in words: what the user says, how the answer begins, and the answer. */
const told = {
  "say it": i => [`Say the word ${pick(words, i)}.`, model.hasChatTemplate ? "The word is" : "", pick(words, i)],
  "what do I have": i => [`I have a ${pick(words, i)}. What do I have?`, "You have a", pick(words, i)],
  "what is my name": i => [`My name is ${pick(names, i)}. What is my name?`, "Your name is", pick(names, i)],
};
const pairs = Object.keys(brackets).flatMap(a =>
  Object.keys(brackets)
    .filter(b => b !== a)
    .map(b => [a, b]),
);
const ids = text => model.tokens(text).row(0);
/** The prompt of a task in words, as ids. */
function asked(request, start) {
  if (!model.hasChatTemplate) return ids(`User: ${request} Assistant:${start && ` ${start}`}`);
  const prompt = model.chat([{ role: "user", content: request }]).row(0);
  return [...prompt, ...(start ? model.tokens(start, { bos: false }).row(0) : [])];
}
const inWords = item => i => {
  const [request, start, answer] = item(i);
  const begun = asked(request, start);
  // Behind the template's newline an answer begins without a space.
  const next = model.hasChatTemplate && !start ? answer : ` ${answer}`;
  return { prompt: begun, full: [...begun, ...ids(`a${next}`).slice(ids("a").length)] };
};
/** The examples of all prompts of a task are the same, and none of them is asked. */
const byExample = item => {
  const questions = Array.from({ length: number }, (_, i) => item(i)[0]);
  const lines = Array.from({ length: words.length + sums.length }, (_, k) => item(number + k))
    .filter(([question]) => !questions.includes(question))
    .slice(0, examples)
    .map(example => example.join(" -> "))
    .join("\n");
  return i => {
    const [question, answer] = item(i);
    return { prompt: ids(`${lines}\n${question} ->`), full: ids(`${lines}\n${question} -> ${answer}`) };
  };
};
const tasks = {
  ...Object.fromEntries(Object.entries(shown).map(([name, item]) => [name, byExample(item)])),
  ...Object.fromEntries(Object.entries(told).map(([name, item]) => [name, inWords(item)])),
  "reverse brackets": i => {
    const [a, b] = pick(pairs, 5 * i);
    return { prompt: ids(`( ) . ${a} ${b}`), full: ids(`( ) . ${a} ${b} ${brackets[b]}`) };
  },
};

// ---- which tasks can the model do? A prompt ends where the answer parts from that of another content

/** Two prompts of equal length with different content, and the token in which their answers first differ. */
function contrast(task, i) {
  const one = task(i);
  for (let k = 1; k < number; k++) {
    const other = task((i + k) % number);
    const start = one.prompt.length;
    if (other.prompt.length !== start) continue;
    let same = 0;
    while (one.full[start + same] === other.full[start + same] && start + same < one.full.length) same++;
    if (start + same >= Math.min(one.full.length, other.full.length)) continue;
    return {
      clean: one.full.slice(0, start + same),
      corrupted: other.full.slice(0, start + same),
      right: one.full[start + same],
      wrong: other.full[start + same],
    };
  }
}
const prepared = Object.entries(tasks).flatMap(([task, make]) => {
  const items = Array.from({ length: number }, (_, i) => contrast(make, i)).filter(item => item !== undefined);
  if (items.length === 0) return [];
  const run = model.run(
    items.map(item => item.clean),
    { at: -1 },
  );
  const rank = metric
    .rank(items.map(item => item.right))
    .of(run)
    .toArray();
  const probability = metric.prob(items.map(item => [item.right])).of(run);
  const done = items.filter((_, i) => rank[i] === 0);
  return [{ task, items, done, right: done.length / items.length, probability: probability.mean() }];
});
table(prepared.map(({ task, items, right, probability }) => ({ task, prompts: items.length, right, probability })))
  .print()
  .save("tasks");
const ranked = [...prepared].sort((a, b) => b.right - a.right);
const can = prepared.filter(one => one.right >= 0.6 || one === ranked[0]);
const cannot = prepared.filter(one => !can.includes(one));

// ---- which heads carry the content? Their output, from the prompt with this content, in the prompt with another

/** What is measured of a task: prompts that are answered rightly, and what differs between the two contents. */
const studied = can.map(({ task, done, items }) => {
  const used = (done.length > 0 ? done : items).slice(0, patched);
  const [clean, corrupted] = [used.map(item => item.clean), used.map(item => item.corrupted)];
  const ahead = metric.logitDiff({ correct: used.map(item => item.right), wrong: used.map(item => item.wrong) });
  const before = row => row.clean.findIndex((id, at) => id !== row.corrupted[at]) - row.clean.length; // from the end
  const first = Math.min(...used.map(before));
  const places = Array.from({ length: -first }, (_, at) => first + at);
  const runs = [clean, corrupted].map(rows => model.run(rows, { cache: "blocks.*.attn.hook_z" }));
  const [high, low] = runs.map(run => ahead.of(run).mean());
  return { task, clean, corrupted, ahead, places, runs, high, low };
});
const carried = studied.map(({ corrupted, ahead, places, runs: [clean], high, low }) =>
  sweep(model, corrupted, { over: heads(), apply: one => patch(one.z.at(places), { from: clean }), metric: ahead })
    .sub(low)
    .div(high - low),
);

// ---- verification: with the heads of one task patched from another content, does the answer of each task change?

const [layers, across] = carried[0].shape;
const count = Number(args.heads ?? Math.max(2, Math.min(6, Math.floor((layers * across) / 7))));
const orders = carried.map(share => share.top(1e6).map(top => head(top.layer, top.head)));
const most = orders.map(order => order.slice(0, count));
const least = orders.map(order => order.slice(Math.floor(order.length / 2)).slice(0, count));
/**
 * Share of a task's logit difference that is left, with each set of heads from the prompt with another content.
 * @type {(study: any, sets: any[][]) => number[]}
 */
function left({ clean, ahead, places, runs, high, low }, sets) {
  return sweep(model, clean, {
    over: sets.map((_, i) => i),
    apply: set =>
      patch(
        sets[set].map(one => one.z.at(places)),
        { from: runs[1] },
      ),
    metric: ahead,
  })
    .sub(low)
    .div(high - low)
    .toArray();
}
const matrix = studied.map((study, i) => left(study, [...most, least[i]]));
const swaps = studied.map(({ task, high }, i) => ({
  task,
  heads: most[i].join(", "),
  "logit difference": high,
  "left with these from another content": matrix[i][i],
  "with as many others": matrix[i][can.length],
}));
table(swaps).print().save("swaps");

// ---- pictures

const able = can.map(one => one.task);
const columns = Math.min(4, can.length);
chart
  .grid(
    carried.map((share, i) =>
      chart.heatmap(share, {
        title: able[i],
        label: "share restored",
        x: "head",
        y: "layer",
        diverging: true,
        range: [-1, 1],
        annotate: 2,
      }),
    ),
    { columns, title: "Share of the answer restored by one head", width: "page" },
  )
  .save("heads");
chart
  .heatmap(
    tensor(
      matrix.map(row => row.slice(0, can.length).map(share => 1 - share)),
      ["task", "from"],
    ),
    {
      title: `Share of the answer lost with ${count} heads patched`,
      x: "heads found for",
      y: "task",
      labels: { task: able, from: able },
      label: "share lost",
      range: [0, 1],
      annotate: true,
      width: "column",
    },
  )
  .save("shared");

// ---- the finding

const percent = share => `${Math.round(100 * share)} %`;
print(
  `The model can do: ${can.map(one => `${one.task} (${percent(one.right)})`).join(", ")}. It cannot do: ` +
    `${cannot.map(one => `${one.task} (${percent(one.right)})`).join(", ") || "none"}.`,
);
const named = most.map(list => list.map(String));
const uses = [...new Set(named.flat())]
  .map(name => ({ name, in: able.filter((_, i) => named[i].includes(name)) }))
  .filter(one => one.in.length > 1)
  .sort((a, b) => b.in.length - a.in.length);
print(
  "Heads that carry several tasks: " + `${uses.map(one => `${one.name} (${one.in.join(", ")})`).join("; ") || "none"}.`,
);
const apart = able.flatMap((_, i) => able.filter((_, j) => j !== i).map((_, j) => matrix[i][j < i ? j : j + 1]));
const average = list => list.reduce((a, b) => a + b, 0) / Math.max(1, list.length);
const own = average(matrix.map((row, i) => row[i]));
const spared = average(matrix.map(row => row[can.length]));
print(
  `With its own ${count} heads from another content ${percent(own)} of a task's logit difference is left on average, ` +
    `with those of another task ${percent(average(apart))}, with as many heads from the middle of the ranking ` +
    `${percent(spared)}.`,
);
record(
  "tasks",
  prepared.map(({ task, right, probability }) => ({ task, right, probability })),
);
record("swaps", swaps);
record("shared", { tasks: able, matrix });

check("the model can do a task that the prompt asks for", ranked[0].right > 0.8);
check(
  "with the heads found patched from another content, most of the answer is gone",
  matrix.every((row, i) => row[i] < 0.5),
);
check(
  "with as many heads from the middle of the ranking it stays",
  matrix.every(row => row[can.length] > 0.8),
);
