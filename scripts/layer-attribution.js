// Which layers write the answer? The script shows the direct contribution of the attention and MLP of every layer to
// the logit difference between the right and the wrong name (Elhage et al. 2021), cumulatively and by head, with mean
// and standard deviation over several prompts. Direct attribution misses effects through later layers, so each part is
// also ablated: its output is replaced by its mean over prompts with other names.
//
//   lens run layer-attribution.js [--model PATH] [--arg names="Mary John Anna Paul …"]
import { ablate, args, attribution, chart, check, layer, load, metric, print, record, table } from "lens";

const model = load();

// ---- prompts: two names, the second is named again, the first is the answer

const names = (
  args.names ?? "Mary John Anna Paul Laura Tom Emma Mark Lucy James Clara Robert Julia Daniel Rosa Henry"
).split(" ");
const couples = Array.from({ length: Math.floor(names.length / 2) }, (_, i) => names.slice(2 * i, 2 * i + 2));
const prompt = (a, b, giver) => `When ${a} and ${b} went to the store, ${giver} gave a drink to`;
const prompts = model.tokens(couples.map(([a, b]) => prompt(a, b, b)));
const answers = { correct: couples.map(([a]) => ` ${a}`), wrong: couples.map(([, b]) => ` ${b}`) };
const difference = metric.logitDiff(answers);

// ---- the direct contribution of each part

const run = model.run(prompts);
const byComponent = attribution.direct(run, answers);
const labels = attribution.labels(run);
const cumulative = attribution.direct(run, { ...answers, cumulative: true });
const byHead = attribution.direct(run, { ...answers, by: "head" });
const y = "logit difference";
chart
  .bar(byComponent.mean("batch"), { title: "Direct attribution", x: "", y, labels, errors: byComponent.std("batch") })
  .save("components");
chart
  .line(cumulative.mean("batch"), {
    title: "Direct attribution, cumulative",
    x: "",
    y,
    labels,
    errors: cumulative.std("batch"),
  })
  .save("cumulative");
chart.heatmap(byHead.mean("batch"), { title: "Direct attribution by head", diverging: true }).save("heads");
const clean = difference.of(run);
const summed = byComponent.sum("component");

// ---- each part ablated by its mean over the same prompts with names exchanged and shifted

const others = model.tokens(
  couples.flatMap(([a, b], i) => {
    const [c, d] = couples[(i + 1) % couples.length];
    return [prompt(a, b, a), prompt(c, b, c), prompt(b, d, b)];
  }),
);
const parts = Array.from({ length: model.config.nLayers }, (_, l) => [
  { part: `attn ${l}`, site: layer(l).attnOut },
  { part: `mlp ${l}`, site: layer(l).mlpOut },
]).flat();
const rows = parts.map(({ part, site }) => {
  const lost = clean.sub(difference.of(model.with(ablate(site, { with: "mean", over: others })).run(prompts)));
  const direct = byComponent.at({ component: labels.indexOf(part) });
  return {
    part,
    direct: direct.mean(),
    "direct, std": direct.std(),
    "lost when removed": lost.mean(),
    "lost, std": lost.std(),
  };
});
table(rows).print().save("parts");
record("parts", rows);
chart
  .bar(
    { "adds directly": rows.map(row => row.direct), "lost when removed": rows.map(row => row["lost when removed"]) },
    {
      title: "Direct contribution and effect of ablation",
      x: "",
      y,
      labels: rows.map(row => row.part),
      errors: {
        "adds directly": rows.map(row => row["direct, std"]),
        "lost when removed": rows.map(row => row["lost, std"]),
      },
    },
  )
  .save("removed");

const [most] = [...rows].sort((a, b) => b.direct - a.direct);
print(
  `The logit difference is ${clean.mean().toFixed(2)} ± ${clean.std().toFixed(2)}. ${most.part} contributes most, ` +
    `${most.direct.toFixed(2)}; ablating it costs ${most["lost when removed"].toFixed(2)}.`,
);
const indirect = rows
  .filter(row => Math.abs(row.direct) < 0.1 * clean.mean() && row["lost when removed"] > 0.25 * clean.mean())
  .map(row => row.part);
print(
  indirect.length > 0
    ? `Parts that matter only through later ones: ${indirect.join(", ")}.`
    : "No part matters only through later ones.",
);

check("the parts sum to the logit difference", summed.sub(clean).abs().max() < 1e-3 * Math.max(1, clean.abs().max()));
check("the right name is more probable on every prompt", clean.min() > 0);
check(
  "ablating the part that contributes most costs more than a quarter of the difference",
  most["lost when removed"] > 0.25 * clean.mean(),
);
