// How does a model do a small task that the prompt asks for? Tasks are described in words or by example, with new
// contents: copying a word, remembering a name, reversing a list, closing brackets in order. The script first measures
// which tasks the model can do. For these, activation patching between prompts that differ only in content finds the
// heads that carry the content to the answer, and shows which heads the tasks share.
//
//   lens run instructed-tasks.js [--model PATH]
import { args, chart, check, head, load, metric, patch, patching, print, record, table } from "lens";

const model = load();
const words = (args.words ?? "lamp drum cup bell hat key ring ball").split(" ");
const names = (args.names ?? "Tom Anna Mark Mary Paul Emma Carl Lucy").split(" ");
const brackets = { "(": ")", "[": "]", "{": "}", "<": ">" };
/** @type {{ [task: string]: { items: any[], ask: (item: any) => string } }} */
const tasks = {
  "say it": { items: words.map(word => [word, word]), ask: word => `User: Say the word ${word}. Assistant:` },
  "what do I have": {
    items: words.map(word => [word, word]),
    ask: word => `User: I have a ${word}. What do I have? Assistant: You have a`,
  },
  "what is my name": {
    items: names.map(name => [name, name]),
    ask: name => `User: My name is ${name}. What is my name? Assistant: Your name is`,
  },
  "copy a list": {
    items: words.map((word, i) => [[word, words[(i + 3) % words.length]], word]),
    ask: ([a, b]) => `User: Say the words ${a} ${b}. Assistant:`,
  },
  "reverse a list": {
    items: words.map((word, i) => [[words[(i + 3) % words.length], word], word]),
    ask: ([a, b]) => `User: Say the words ${a} ${b} in reverse. Assistant:`,
  },
  "reverse brackets": {
    items: Object.entries(brackets)
      .flatMap(([open, close]) =>
        Object.keys(brackets)
          .filter(other => other !== open)
          .map(other => [[other, open], close]),
      )
      .slice(0, 8),
    ask: ([a, b]) => `( ) . ${a} ${b}`,
  },
};

// ---- which tasks can the model do? Wrong answers are those of the task's other items

const prepared = Object.entries(tasks).map(([task, { items, ask }]) => {
  const wrong = items.map(([, answer], i) =>
    items
      .slice(i + 1)
      .concat(items)
      .find(([, other]) => other !== answer),
  );
  const clean = items.map(([item]) => ask(item));
  const corrupted = wrong.map(([item]) => ask(item));
  const correct = items.map(([, answer]) => ` ${answer}`);
  const logits = metric.logitDiff({ correct, wrong: wrong.map(([, answer]) => ` ${answer}`) });
  const run = model.run(clean);
  const right =
    metric
      .rank(correct)
      .of(run)
      .toArray()
      .filter(rank => rank === 0).length / items.length;
  return {
    task,
    clean,
    corrupted,
    logits,
    right,
    ahead: logits.of(run).mean(),
    probability: metric
      .prob(correct.map(answer => [answer]))
      .of(run)
      .mean(),
  };
});
table(
  prepared.map(({ task, right, ahead, probability }) => ({
    task,
    "said first": right,
    probability,
    "ahead of another's answer": ahead,
  })),
)
  .print()
  .save("tasks");
const ranked = [...prepared].sort((a, b) => b.right - a.right);
const can = ranked.filter(({ right }, i) => right > 0.8 || i === 0);
const cannot = ranked.filter(task => !can.includes(task)); // at least the best one

// ---- which heads carry the content? The output of each head, patched into the run on the prompt with other content

const carried = can.map(({ clean, corrupted, logits: metric }) =>
  patching.activation(model, { clean, corrupted, metric, site: "z", by: ["layer", "head"], normalize: true }),
);
chart
  .grid(
    carried.map((share, i) => chart.heatmap(share, { title: can[i].task, x: "head", y: "layer", range: [-1, 1] })),
    { columns: can.length, title: "Share of the answer restored by a head" },
  )
  .save("heads");

// ---- verification: with these heads patched from the prompt with other content, does the answer change?

const swaps = can.map(({ task, clean, corrupted, logits, ahead }, i) => {
  const order = carried[i].top(1e6).map(top => head(top.layer, top.head));
  const other = model.run(corrupted, { cache: order });
  const swapped = list => logits.of(model.with(patch(list, { from: other })).run(clean)).mean();
  const most = order.slice(0, Number(args.heads ?? 3));
  const middle = Math.floor(order.length / 2);
  return {
    task,
    heads: most.join(" "),
    ahead,
    "with theirs of other content": swapped(most),
    "with others' heads": swapped(order.slice(middle, middle + most.length)),
  };
});
table(swaps).print().save("swaps");

const shared = [...new Set(swaps.flatMap(row => row.heads.split(" ")))]
  .map(name => ({ name, in: swaps.filter(row => row.heads.split(" ").includes(name)).map(row => row.task) }))
  .filter(one => one.in.length > 1);
print(
  `The model can do: ${can.map(one => one.task).join(", ")}. It cannot do: ` +
    `${cannot.map(one => `${one.task} (${Math.round(100 * one.right)} % right)`).join(", ") || "none"}.`,
);
print(
  "Heads that carry several tasks: " +
    `${shared.map(one => `${one.name} (${one.in.join(", ")})`).join("; ") || "none"}.`,
);
record(
  "tasks",
  prepared.map(({ task, right, probability, ahead }) => ({ task, right, probability, ahead })),
);
record("swaps", swaps);

check("the model can do a task that the prompt asks for", can[0].right > 0.8);
check(
  "patching the heads found from another prompt gives the answer of that prompt",
  swaps.every(row => row["with theirs of other content"] < 0),
);
check(
  "patching heads from the middle of the ranking does not",
  swaps.every(row => row["with others' heads"] > 0.8 * row.ahead),
);
