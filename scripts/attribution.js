// Do gradients predict the effects of patching? Activation patching runs the model once for every part. Attribution
// patching uses the gradient of the metric instead, and estimates all effects from two runs and one backward pass
// (Nanda 2023). The estimate of each part is plotted against its exact effect; averaging the gradient over runs between
// clean and corrupted (integrated gradients: Hanna et al. 2024) should improve the estimate.
//
//   lens run attribution.js [--model PATH] [--arg prompts=16] [--arg steps=10]
import { args, chart, check, head, load, metric, patching, print, record, table } from "lens";

const model = load();
const count = Number(args.prompts ?? 16);
const steps = Number(args.steps ?? 10);

// ---- prompts in which one of two names is repeated, and corrupted prompts that repeat the other name

const names = "Mary John Anna Tom Sara Paul Emma Mark Lucy James Clara Robert Julia Daniel Rosa Henry"
  .split(" ")
  .filter(name => model.tokens(`a ${name}`).length === model.tokens("a").length + 1); // one token after a space
const prompts = Array.from({ length: count }, (_, i) => {
  const [object, subject] = [names[i % names.length], names[(i + 5) % names.length]];
  const pair = i % 2 ? [object, subject] : [subject, object];
  const say = giver => `When ${pair[0]} and ${pair[1]} went to the store, ${giver} gave a drink to`;
  return { object, subject, clean: say(subject), corrupted: say(object) };
});
const clean = model.tokens(prompts.map(p => p.clean));
const corrupted = model.tokens(prompts.map(p => p.corrupted));
const pair = {
  clean,
  corrupted,
  metric: metric.logitDiff({ correct: prompts.map(p => ` ${p.object}`), wrong: prompts.map(p => ` ${p.subject}`) }),
};
const whole = pair.metric.of(model.run(clean)).mean();
const none = pair.metric.of(model.run(corrupted)).mean();
print(`Logit difference ${whole.toFixed(2)}, ${none.toFixed(2)} where the other name is repeated.`);

// ---- exact effects, and estimates

const pieces = model.pieces(clean)[0];
const kinds = {
  heads: {
    effects: patching.activation(model, { ...pair, site: "z", by: ["layer", "head"], direction: "noise" }),
    estimated: steps => patching.attribution(model, { ...pair, by: "head", steps }),
    name: one => String(head(one.layer, one.head)),
  },
  "residual stream": {
    effects: patching.activation(model, { ...pair, site: "resid_pre", by: ["layer", "pos"], direction: "noise" }),
    estimated: steps => patching.attribution(model, { ...pair, by: "position", steps }),
    name: one => `${one.layer}:${pieces[one.pos]}`,
  },
};
const gradients = { "at the clean run": 1, [`averaged over ${steps} steps`]: steps };

/** Returns Pearson's correlation. */
function correlation(x, y) {
  const [a, b] = [x.sub(x.mean()), y.sub(y.mean())];
  return a.dot(b) / (a.norm() * b.norm());
}
const charts = [];
const found = Object.entries(kinds)
  .map(([kind, { effects: patched, estimated, name }]) => {
    const effects = patched.sub(whole);
    const estimates = Object.fromEntries(
      Object.entries(gradients).map(([gradient, steps]) => [gradient, estimated(steps)]),
    );
    const places = effects.abs().top(effects.shape[0] * effects.shape[1]);
    const points = Object.fromEntries(
      Object.entries(estimates).map(([gradient, scores]) => [
        gradient,
        places.map(({ index }) => [effects.get(index), scores.get(index)]),
      ]),
    );
    charts.push(
      chart
        .scatter(points, {
          title: kind,
          x: "exact effect of patching",
          y: "estimate from the gradient",
          reference: "y=x",
        })
        .save(kind.replace(" ", "-")),
    );
    table(
      places
        .slice(0, 8)
        .map(({ index, ...one }) => ({
          part: name(one),
          exact: effects.get(index),
          ...Object.fromEntries(Object.entries(estimates).map(([gradient, scores]) => [gradient, scores.get(index)])),
        })),
    )
      .print()
      .save(kind.replace(" ", "-"));
    return Object.entries(estimates).map(([gradient, scores]) => ({
      parts: kind,
      gradient,
      correlation: correlation(effects, scores),
      "largest found": places.slice(0, 5).filter(({ index }) =>
        scores
          .abs()
          .top(5)
          .some(one => Object.entries(one.index).every(([axis, at]) => index[axis] === at)),
      ).length,
    }));
  })
  .flat();
chart
  .grid(charts, { title: "Change of the logit difference, exact and estimated", columns: 2, width: "page" })
  .save("estimates");
table(found).print().save("correlation");
record("attribution", found);

const ofHeads = found.filter(one => one.parts === "heads").map(one => one.correlation);
const ofStream = found.filter(one => one.parts === "residual stream").map(one => one.correlation);
check("the two prompts are answered differently", whole > 0 && none < 0);
check("estimates and exact effects of heads correlate", Math.max(...ofHeads) > 0.8);
check("estimates and exact effects of the residual stream correlate", Math.max(...ofStream) > 0.8);
check("averaging the gradient improves the estimates", ofHeads[1] > ofHeads[0]);
