// Which layers write the answer, and does it come in two phases? For prompts of several kinds the script shows the
// direct contribution of the attention and the MLP of every layer to the logit difference between the right and a wrong
// answer (Elhage et al. 2021), and what is lost when the layer's output is replaced by its mean, which includes
// effects through later layers. The depth of the valley between two humps along the layers tells whether there are two
// phases. Finally, the attention layers before the one that writes most are ablated to see whether the answer is still
// written.
//
//   lens run layer-attribution.js [--model PATH] [--arg prompts="text => right / wrong | …"]
import { args, attribution, chart, check, load, metric, patch, print, record, site, sweep, table, tensor } from "lens";

const model = load();
const { nLayers } = model.config;
const layers = Array.from({ length: nLayers }, (_, l) => l);
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

// ---- prompts by kind; a kind that the model does not solve is left out

const names = "Mary John Anna Paul Laura Tom Emma Mark Lucy James Clara Robert Julia Daniel Rosa Henry".split(" ");
const couples = Array.from({ length: names.length / 2 }, (_, i) => names.slice(2 * i, 2 * i + 2));
const lines = text => text.split("|").map(line => line.trim());
/** A prompt for every pair "key=value", the wrong answer being the next value. */
const pairs = (list, prompt) =>
  lines(list)
    .map(pair => pair.split("="))
    .map(([key, value], i, all) => ({ text: prompt(key), right: value, wrong: all[(i + 1) % all.length][1] }));
const capitals =
  "France=Paris|Germany=Berlin|Italy=Rome|Japan=Tokyo|Russia=Moscow|Spain=Madrid|Greece=Athens|Egypt=Cairo";
const KINDS = {
  "indirect object": couples.map(([a, b]) => ({
    text: `When ${a} and ${b} went to the store, ${b} gave a drink to`,
    right: a,
    wrong: b,
  })),
  fact: pairs(capitals, country => `The capital of ${country} is`),
  "invented fact": pairs(
    "Zorland=Mirpol|Veltany=Osgrim|Morvane=Kestra|Tarquil=Dunhap|Brinnia=Falwick|Kandrel=Ubrett|Luminia=Hastow",
    country => `The capital of ${country} is`,
  ),
  coreference: pairs("box=red|cup=blue|ball=green|hat=black", thing => thing).flatMap(
    ({ text, right, wrong }, i, all) => {
      const other = all[(i + 1) % all.length].text;
      const both = `The ${right} ${text} and the ${wrong} ${other} were in the garden. Tom took the`;
      return [
        { text: `${both} ${text}, which was`, right, wrong },
        { text: `${both} ${other}, which was`, right: wrong, wrong: right },
      ];
    },
  ),
  agreement: pairs(
    "keys to the cabinet=are|book on the tables=is|boys near the car=are|cat behind the trees=is|" +
      "pictures of the girl=are|dog near the houses=is|friends of the teacher=are|man with the birds=is",
    subject => `The ${subject}`,
  ),
  "few-shot opposite": pairs(
    "black=white|up=down|good=bad|left=right|day=night|old=young|open=closed|fast=slow",
    word => `The opposite of hot is cold. The opposite of big is small. The opposite of ${word} is`,
  ),
};
const asPrompt = ({ text, right, wrong }) => {
  const length = model.tokens(text).length;
  const [correct, incorrect] = [right, wrong].map(word => model.tokens(`${text} ${word}`).row(0)[length]);
  return { ids: model.tokens(text).row(0), correct, wrong: incorrect };
};
const custom = () =>
  lines(args.prompts).map(line => {
    const [, text, right, wrong] = /^(.*?)\s*=>\s*(\S+)\s*\/\s*(\S+)$/s.exec(line) ?? [];
    if (text === undefined) throw new Error(`a prompt is written "text => right / wrong", not "${line}"`);
    return asPrompt({ text, right, wrong });
  });
function kinds() {
  if (args.prompts !== undefined) return { prompts: custom() };
  const found = Object.fromEntries(Object.entries(KINDS).map(([kind, list]) => [kind, list.map(asPrompt)]));
  const period = 12;
  const start = model.random({ length: period }).length - period; // 1 if the model has a BOS
  found.repetition = model
    .random({ batch: 8, length: period, repeat: 2 })
    .toArray()
    .map(row => ({ ids: row.slice(0, -2), correct: row.at(-2), wrong: row[start + 3] }));
  const question = { role: "user", content: "What is the capital of France? Answer with one word." };
  if (!model.hasChatTemplate) return found;
  found["instructed answer"] = pairs(capitals, country => country).map(({ text, right, wrong }) => ({
    ids: model.chat([{ ...question, content: question.content.replace("France", text) }]).row(0),
    correct: model.tokens(right, { bos: false }).row(0)[0],
    wrong: model.tokens(wrong, { bos: false }).row(0)[0],
  }));
  return found;
}

const solved = [];
const asked = Object.entries(kinds());
for (const [kind, prompts] of asked) {
  const differences = prompts.map(({ ids, correct, wrong }) =>
    metric
      .logitDiff({ correct, wrong })
      .of(model.run([ids], { at: -1 }))
      .item(),
  );
  const right = prompts.filter((prompt, i) => differences[i] > 0 && prompt.ids.length === prompts[0].ids.length);
  if (right.length > 0.7 * prompts.length && right.length > 1)
    solved.push({ kind, prompts: right, of: prompts.length });
  else print(`The model does not solve ${kind}: ${right.length} of ${prompts.length} prompts.`);
}
const understood = solved.length;
if (understood === 0) {
  const [kind, prompts] = asked[0];
  print(`It solves none; ${kind} is shown.`);
  solved.push({ kind, prompts: prompts.filter(({ ids }) => ids.length === prompts[0].ids.length), of: prompts.length });
}

// ---- direct contributions and effects of ablation, as shares of the logit difference, by kind

const sumOver = (values, list) => list.reduce((sum, l) => sum + values[l], 0);
const width = Math.max(1, Math.round(nLayers / 10));
/**
 * Returns the deepest valley between two humps as a share of the highest, 0 if there is one hump, with the layers of
 * the humps. The curve is the running mean over a tenth of the layers without negative values, from layer 1 on, since
 * layer 0 acts as a part of the embedding in many models.
 */
function valley(values) {
  const curve = values.slice(1).map((_, at, all) => {
    const from = at - Math.floor(width / 2);
    return mean(all.slice(Math.max(0, from), from + width).map(value => Math.max(0, value)));
  });
  const highest = Math.max(...curve);
  let deepest = { depth: 0, humps: [curve.indexOf(highest) + 1] };
  for (let i = 0; i < curve.length; i++)
    for (let j = i + 2; j < curve.length; j++) {
      const depth = (Math.min(curve[i], curve[j]) - Math.min(...curve.slice(i + 1, j))) / highest;
      if (depth > deepest.depth) deepest = { depth, humps: [i + 1, j + 1] };
    }
  return deepest;
}
const outputs = ["blocks.*.hook_attn_out", "blocks.*.hook_mlp_out"];
/**
 * Returns interventions that replace an output by its mean over all rows and positions of a run after the first, which
 * holds no information about a particular prompt. The first position stays: it is unlike all others in many models.
 */
function removal({ cache, tokens }) {
  const places = Array.from({ length: tokens.length - 1 }, (_, i) => i + 1);
  return (l, part) => {
    const name = `blocks.${l}.hook_${part}_out`;
    return patch(site(name).at(places), {
      from: cache
        .get(name)
        .slice({ pos: [1] })
        .mean("batch", "pos"),
    });
  };
}

const results = solved.map(({ kind, prompts, of }) => {
  const ids = prompts.map(prompt => prompt.ids);
  const answers = { correct: prompts.map(({ correct }) => correct), wrong: prompts.map(({ wrong }) => wrong) };
  const difference = metric.logitDiff(answers);
  const run = model.run(ids, { cache: outputs });
  const removed = removal(run);
  const labels = attribution.labels(run);
  const byComponent = attribution.direct(run, answers);
  const whole = difference.of(run);
  const total = whole.mean();
  const contribution = part =>
    layers.map(l => byComponent.at({ component: labels.indexOf(`${part} ${l}`) }).mean() / total);
  const direct = { attention: contribution("attn"), MLP: contribution("mlp") };
  const remaining = sweep(model, ids, {
    over: { part: ["attn", "mlp"], layer: layers },
    metric: difference,
    apply: ({ layer, part }) => removed(layer, part),
  });
  const [attention, MLP] = remaining.div(-total).add(1).toArray();
  const error = byComponent.sum("component").sub(whole).abs().max() / Math.max(1, whole.abs().max());
  return { kind, ids, answers, removed, total, of, direct, lost: { attention, MLP }, error };
});
const rows = results.map(({ kind, ids, of, total, direct, lost }) => {
  const [written, needed] = [valley(direct.attention), valley(lost.attention)];
  return {
    kind,
    prompts: `${ids.length} of ${of}`,
    "logit difference": total,
    "attention, direct": sumOver(direct.attention, layers),
    "MLPs, direct": sumOver(direct.MLP, layers),
    "writes most": direct.attention.indexOf(Math.max(...direct.attention)),
    "valley, direct": written.depth,
    "humps, direct": written.humps.join(" "),
    "valley, ablated": needed.depth,
    "humps, ablated": needed.humps.join(" "),
  };
});
table(rows).print().save("kinds");
record("kinds", rows);
record(
  "shares",
  results.map(({ kind, direct, lost }) => ({ kind, direct, lost })),
);

const stacked = (of, part) =>
  tensor(
    results.map(result => result[of][part]),
    ["kind", "layer"],
  );
chart
  .grid(
    Object.entries({ direct: "direct contribution", lost: "loss when replaced by its mean" }).flatMap(([of, what]) =>
      ["attention", "MLP"].map(part =>
        chart.heatmap(stacked(of, part), {
          title: `${part}: ${what}`,
          x: "layer",
          y: "",
          labels: { kind: results.map(({ kind }) => kind) },
          label: "share",
          diverging: true,
          range: [-1, 1],
        }),
      ),
    ),
    { columns: 2, title: "Shares of the logit difference", width: "page" },
  )
  .save("layers");

// ---- intervention: without the attention layers before it that matter, do the one that writes most and those after it
//      still write the answer?

const count = Math.max(1, Math.round(nLayers / 10));
const dependence = results.map(({ kind, ids, answers, removed, total, direct, lost }, i) => {
  const writer = rows[i]["writes most"];
  const before = layers.filter(l => l < writer).sort((a, b) => lost.attention[b] - lost.attention[a]);
  /** What the layers from the writer on write directly, with the attention of some layers replaced by its mean. */
  const written = list => {
    const run = model.with(...list.map(l => removed(l, "attn"))).run(ids);
    const labels = attribution.labels(run, "layer");
    const each = attribution.direct(run, { ...answers, by: "layer" });
    const from = layers.filter(l => l >= writer);
    return (mean(from.map(l => each.at({ component: labels.indexOf(`layer ${l}`) }).mean())) * from.length) / total;
  };
  const [most, least] = [before.slice(0, count), before.slice(count).slice(-count)];
  return {
    kind,
    "layers from": writer,
    write: written([]),
    "attention removed": most.join(" "),
    "writes itself": sumOver(direct.attention, most),
    "then they write": written(most),
    "others removed": least.join(" "),
    "and then": written(least),
  };
});
table(dependence).print().save("dependence");
record("dependence", dependence);

// ---- results

const phases = key =>
  `in ${rows.filter(row => row[key] > 1 / 3).length} of ${rows.length} kinds ` +
  `(${rows.map(row => `${row.kind} ${row[key].toFixed(2)}`).join(", ")})`;
print(`Valleys between two humps of attention, 1 being two phases as strong as each other, are deeper than a third`);
print(`- by direct contribution ${phases("valley, direct")};`);
print(`- by ablation ${phases("valley, ablated")}.`);
const indirect = dependence.filter(
  row => row["then they write"] < 0.5 * row.write && Math.abs(row["writes itself"]) < 0.2 * row.write,
);
print(
  `In ${indirect.length} of ${rows.length} kinds earlier attention hardly writes itself, but without its ${count} ` +
    `most important ${count === 1 ? "layer" : "layers"} the layers from the one that writes most write less than half.`,
);

check("the model solves several kinds of prompts", understood > 1 || (understood > 0 && args.prompts !== undefined));
check(
  "the parts sum to the logit difference",
  results.every(({ error }) => error < 1e-3),
);
check("earlier attention acts through later layers in most kinds", indirect.length > rows.length / 2);
