// Why does greedy text repeat itself? Generation falls into loops, and every repetition makes the next one more
// probable. The script measures how often the model loops and how probable a repetition is at each copy, finds the
// heads that carry repetition by ablation, tests whether loops end without them, and then scales down their weights: it
// reports the remaining repetition, and the loss on text without repetition.
//
//   lens run regurgitation.js [--model PATH] [--arg prompts="one|another"] [--arg max=100]
import { ablate, args, chart, check, edit, head, heads, load, metric, print, record, sweep, table } from "lens";

const model = load();
const max = Number(args.max ?? 100);
const count = n => [...Array(n).keys()];
const prompts = (
  args.prompts ??
  "lamp river stone Tom|drum cup Anna letter bell|Mary guitar apple coat|Once upon a time there was a|" +
    "One Monday, Mary and John went for a walk."
).split("|");
const harmless = (
  args.harmless ??
  "One day, Mary and John went to the park. Mary was happy.|" +
    "The capital of Zorland is Mirpol. People in Veltany eat rice.|" +
    "User: How do I paint the door? Assistant: Sure, here is how to paint the door."
).split("|");

// ---- how much of the greedy text is repetition?

/** Returns for each prompt the share of generated tokens that end a repeated sequence of eight tokens. */
function repetition(model) {
  return model
    .generate(prompts, { max })
    .tokens.toArray()
    .map((row, i) => {
      const seen = new Set();
      const start = starts[i];
      let repeated = 0;
      for (let end = 8; end <= row.length; end++) {
        const eight = row.slice(end - 8, end).join();
        if (end > start && seen.has(eight)) repeated++;
        seen.add(eight);
      }
      return repeated / (row.length - start);
    });
}
const starts = model
  .tokens(prompts)
  .toArray()
  .map(row => row.length);
const mean = list => list.reduce((a, b) => a + b) / list.length;
const looping = repetition(model);
print(`The last of ${max} tokens after "${prompts[0]}": …${model.generate(prompts[0], { max }).text.slice(-80)}`);

// ---- the probability of repetition, copy by copy, on random tokens that only repetition predicts

const length = 10;
const copies = 6;
const said = model.random({ batch: 8, length, repeat: copies });
const bos = said.length - length * copies;
const probability = model => {
  const loss = model.run(said, { loss: true }).loss.toArray(); // [row][pos], for the token after pos
  return count(copies).map(copy =>
    mean(
      loss.flatMap(row =>
        count(length)
          .map(i => copy * length + i + bos - 1)
          .filter(pos => pos >= 0)
          .map(pos => Math.exp(-row[pos])),
      ),
    ),
  );
};
const sure = probability(model);

// ---- the heads whose ablation costs most on copies, one at a time, then together

const copied = metric.loss({ from: bos + length });
const before = copied.of(model.run(said, { loss: true })).mean();
const without = sweep(model, said, { over: heads(), apply: one => ablate(one, { with: "zero" }), metric: copied }).sub(
  before,
);
chart
  .heatmap(without, { title: "Loss on copies with a head ablated, in nats", x: "head", y: "layer", diverging: true })
  .save("heads");
const order = without
  .top(Number(args.heads ?? 6))
  .filter((top, i) => i === 0 || top.value > 0)
  .map(top => head(top.layer, top.head));
const together = order.map((_, n) => {
  const ablated = model.with(ablate(order.slice(0, n + 1), { with: "zero" }));
  return {
    ablated: order.slice(0, n + 1).join(" "),
    repeated: repetition(ablated),
    "probability of copy 2": probability(ablated)[1],
  };
});
const fewest = together.findIndex(row => row["probability of copy 2"] < 0.5 * sure[1]);
const carriers = order.slice(0, fewest < 0 ? order.length : fewest + 1);
chart
  .line(
    {
      "as it is": sure,
      [`without ${carriers.join(", ")}`]: probability(model.with(ablate(carriers, { with: "zero" }))),
    },
    {
      title: "Probability of the repeated token",
      x: "copy",
      y: "probability",
      labels: count(copies).map(copy => copy + 1),
      range: [0, 1],
    },
  )
  .save("copies");

// ---- the same by scaling the weights of these heads

const repeat = list => Object.fromEntries(prompts.map((prompt, i) => [prompt.slice(0, 24), list[i]]));
const plain = model =>
  metric
    .loss()
    .of(model.run(harmless, { loss: true }))
    .mean();
const edited = [1, 0.75, 0.5, 0.25, 0].map(factor => {
  const weaker = model.edit(carriers.map(one => edit.scale(one.OV, factor)));
  return {
    OV: factor,
    "loss of plain text": plain(weaker),
    "probability of copy 2": probability(weaker)[1],
    ...repeat(repetition(weaker)),
  };
});
table(edited).print().save("edited");
const whole = edited[0];
const gone = edited[edited.length - 1];
chart
  .bar(
    { "as it is": looping, edited: prompts.map(prompt => gone[prompt.slice(0, 24)]) },
    {
      title: `Repetition when the OV weights of ${carriers.join(", ")} are zero`,
      x: "",
      y: "share of tokens repeated",
      labels: prompts.map(prompt => prompt.slice(0, 24)),
      range: [0, 1],
    },
  )
  .save("repetition");

const ended = prompts.filter((prompt, i) => looping[i] > 0.3 && gone[prompt.slice(0, 24)] < 0.5 * looping[i]);
const stayed = prompts.filter((prompt, i) => looping[i] > 0.3 && !ended.includes(prompt));
print(
  `The probability of the repeated token is ${sure[1].toFixed(2)} in the second copy and ` +
    `${sure[copies - 1].toFixed(2)} in copy ${copies}; it depends on ${carriers.join(" and ")}.`,
);
print(
  `Without their weights the loop ends for: ${ended.map(prompt => `"${prompt}"`).join(", ") || "no prompt"}. ` +
    `It continues for: ${stayed.map(prompt => `"${prompt}"`).join(", ") || "none"}.`,
);
print(
  `The loss on plain text is then ${gone["loss of plain text"].toFixed(2)} nats per token instead of ` +
    `${whole["loss of plain text"].toFixed(2)}.`,
);
record("sure", sure);
record("together", together);
record("edited", edited);

check("a repeated token is more probable than a new one", sure[1] > 5 * sure[0]);
check(`ablating at most ${order.length} heads halves the probability of repetition`, fewest >= 0);
check("editing their weights ends loops", ended.length > 0);
check(
  "the edit costs little on text without repetition",
  gone["loss of plain text"] < whole["loss of plain text"] + 0.5,
);
