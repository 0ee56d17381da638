// What does a small model learn, and how? A model of two layers learns to write letters in reverse order. While it
// learns, its accuracy on rows that training never sees is measured; then each head is ablated to find out which ones
// do the work.
import { ablate, chart, check, head, print, record, table, tasks, train } from "lens";

const task = tasks.reversal({ letters: 12, length: 6 }); // `<s> a b c | c b a`; the letters after the bar are scored

// `every` looks at the model while it learns.
const steps = [];
const accuracies = [];
const model = train({
  config: { nLayers: 2, nHeads: 4, dModel: 64, dVocab: task.vocabulary.length },
  data: task,
  steps: 400,
  batch: 64,
  lr: 3e-3,
  every: {
    steps: 50,
    run: (now, { step }) => {
      steps.push(step);
      accuracies.push(task.accuracy(now, { rows: 64 }));
    },
  },
});
chart
  .line({ "held-out rows": accuracies }, { title: "Accuracy", x: "step", y: "share right", labels: steps })
  .save("accuracy");
const accuracy = task.accuracy(model);
print(`Accuracy on held-out rows: ${accuracy.toFixed(3)}.`);

// What every head does for it: the accuracy without the head, the strongest first.
const { nLayers, nHeads } = model.config;
const without = Array.from({ length: nLayers * nHeads }, (_, i) => head(Math.floor(i / nHeads), i % nHeads))
  .map(one => ({ head: String(one), accuracy: task.accuracy(model.with(ablate(one, { with: "zero" }))) }))
  .sort((a, b) => a.accuracy - b.accuracy);
table(without).print().save("without");

// What the most important one attends to, on one held-out row.
const most = head(without[0].head);
const row = task.rows(1, { split: "heldOut" });
const pattern = model.run(row, { cache: most.pattern }).cache.get(most.pattern).at({ batch: 0 });
const letters = row.row(0).map(id => task.vocabulary[id]);
chart
  .heatmap(pattern, { title: `Attention of ${most}`, labels: { dest: letters, src: letters }, range: [0, 1] })
  .save("attention");

record("accuracy", accuracy);
record("without", without);
check("the task is learnt", accuracy > 0.9);
check("the most important head is needed", without[0].accuracy < accuracy - 0.2);
// model.save("my-model") keeps the model as a Hugging Face folder in the run's folder.
