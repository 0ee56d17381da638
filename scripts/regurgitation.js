// Why does a model, left to itself, say the same thing over and over? Greedy text falls into loops, and every turn makes
// the next one likelier. This measures how often it loops, how sure of a repetition it is at each copy, finds the heads
// whose ablation makes it forget the copies, shows whether the loops end without them, and then weakens their weights for
// good: less repetition, and what becomes of text that repeats nothing.
//
//   lens run regurgitation.js [--model PATH] [--arg prompts="one|another"] [--arg max=100]
import { ablate, args, chart, check, edit, head, heads, load, metric, print, record, sweep, table } from "lens";

const model = load();
const max = Number(args.max ?? 100);
const count = n => [...Array(n).keys()];
const prompts = (
  args.prompts ??
  "lamp river stone Tom|drum cup Anna letter bell|Mary guitar apple coat|Once upon a time there was a|One Monday, Mary and John went for a walk."
).split("|");
const harmless = (
  args.harmless ??
  "One day, Mary and John went to the park. Mary was happy.|The capital of Zorland is Mirpol. People in Veltany eat rice.|User: How do I paint the door? Assistant: Sure, here is how to paint the door."
).split("|");

// ---- how much of what it says, greedily, has it said before?

/** The share of the generated tokens that end eight tokens already said, for each prompt. */
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
print(`Of ${max} tokens after "${prompts[0]}" it says: …${model.generate(prompts[0], { max }).text.slice(-80)}`);

// ---- the probability of repeating, copy by copy: random tokens, which nothing but repetition predicts

const length = 10;
const copies = 6;
const said = model.random({ batch: 8, length, repeat: copies });
const bos = said.length - length * copies;
const probability = model => {
  const loss = model.run(said, { loss: true }).loss.toArray(); // [row][pos], of the token after pos
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

// ---- which heads? Those without which the copies are forgotten, one at a time, then together

const copied = metric.loss({ from: bos + length });
const before = copied.of(model.run(said, { loss: true })).mean();
const without = sweep(model, said, { over: heads(), apply: one => ablate(one, { with: "zero" }), metric: copied }).sub(
  before,
);
chart
  .heatmap(without, { title: "Nats lost on copies without a head", x: "head", y: "layer", diverging: true })
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
      title: "Probability of the token said before",
      x: "copy",
      y: "probability",
      labels: count(copies).map(copy => copy + 1),
      range: [0, 1],
    },
  )
  .save("copies");

// ---- the same in the weights: how much of these heads may stay?

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
  `A random token is repeated with probability ${sure[1].toFixed(2)} in the second copy and ${sure[copies - 1].toFixed(2)} in copy ${copies}; ${carriers.join(" and ")} carry it.`,
);
print(
  `Without their weights the loop ends after: ${ended.map(prompt => `"${prompt}"`).join(", ") || "no prompt"}. It goes on after: ${stayed.map(prompt => `"${prompt}"`).join(", ") || "none"}.`,
);
print(
  `Plain text then costs ${gone["loss of plain text"].toFixed(2)} nats a token instead of ${whole["loss of plain text"].toFixed(2)}.`,
);
record("sure", sure);
record("together", together);
record("edited", edited);

check("a copy is expected once it has been seen", sure[1] > 5 * sure[0]);
check(`ablating at most ${order.length} heads makes the model forget copies`, fewest >= 0);
check("editing their weights ends loops", ended.length > 0);
check("and costs little where nothing is repeated", gone["loss of plain text"] < whole["loss of plain text"] + 0.5);
