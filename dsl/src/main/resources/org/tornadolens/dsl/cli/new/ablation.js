// Which heads and MLPs does the model need for a text? Each is ablated in turn, and the loss of the text is compared.
import { ablate, args, chart, check, head, heads, load, metric, mlps, print, record, sweep } from "lens";

const model = load();
const text = args.text ?? "When Mary and John went to the store, John gave a drink to Mary."; // --arg text="…"
const loss = metric.loss(); // mean loss of the next token, in nats
const whole = loss.of(model.run(text, { loss: true })).mean();
print(`The loss of the text is ${whole.toFixed(3)}.`);

// An ablated component writes its mean over reference texts, so that only what is special about this text is lost.
const reference = model.tokens([
  "When Anna and Tom went to the park, Sara gave a ball to Paul.",
  "When Emma and Mark went to the house, Lucy gave a book to James.",
]);
const change = { with: /** @type {const} */ ("mean"), over: reference };
const byHead = sweep(model, text, { over: heads(), apply: one => ablate(one, change), metric: loss }).sub(whole);
const byMlp = sweep(model, text, { over: mlps(), apply: one => ablate(one, change), metric: loss }).sub(whole);
chart
  .heatmap(byHead, { title: "Increase of the loss without a head", x: "head", y: "layer", diverging: true })
  .save("heads");
chart.bar(byMlp, { title: "Increase of the loss without an MLP", x: "layer", y: "nats" }).save("mlps");

// The most important heads together, and as many of the least important ones.
const ordered = byHead.top(model.config.nLayers * model.config.nHeads).map(top => head(top.layer, top.head));
const count = Math.min(4, Math.floor(ordered.length / 2));
const without = list => loss.of(model.with(ablate(list, change)).run(text, { loss: true })).mean() - whole;
const [most, least] = [without(ordered.slice(0, count)), without(ordered.slice(-count))];
print(`Without ${ordered.slice(0, count).join(", ")} the loss is ${most.toFixed(3)} higher;`);
print(`without ${ordered.slice(-count).join(", ")}, ${least.toFixed(3)}.`);

record("byHead", byHead);
record("byMlp", byMlp);
check("the heads that matter alone matter together", most > least);
