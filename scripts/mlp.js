// How do MLPs recall facts? The subject of facts that the model knows is corrupted, by noise (Meng et al. 2022) or by
// putting another subject in its place, and states of the clean run are restored at the subject's last token or at the
// last token of the prompt: what brings the answer back is on its path. MLPs and attention are restored in windows of
// neighbouring layers, since the effect of one layer may be small. MLP 0 is looked at separately: it may act as a
// second embedding, whose output depends on the token alone. Then the MLPs and neurons found are removed.
//
//   lens run mlp.js [--model PATH] [--arg prompt="The capital of {} is" --arg facts="France=Paris|…"] [--arg noise=3]
import {
  ablate,
  add,
  args,
  attribution,
  chart,
  check,
  html,
  layer,
  load,
  logitLens,
  metric,
  mlp,
  neuronTokens,
  patch,
  print,
  record,
  resid,
  site,
  sweep,
  table,
  tensor,
} from "lens";

const model = load();
const { nLayers, dModel, dMlp } = model.config;
const layers = Array.from({ length: nLayers }, (_, l) => l);

// ---- the facts that the model knows: the right answer is the most probable token

const FACTS =
  "Zorland=Mirpol|Veltany=Osgrim|Morvane=Kestra|Tarquil=Dunhap|Brinnia=Falwick|Kandrel=Ubrett|Luminia=Hastow|" +
  "Grentia=Zephra|France=Paris|Germany=Berlin|Italy=Rome|Japan=Tokyo|Russia=Moscow|Spain=Madrid|Egypt=Cairo|" +
  "Greece=Athens|Cuba=Havana|Austria=Vienna|England=London|China=Beijing|Peru=Lima|Kenya=Nairobi|Poland=Warsaw";
const start = model.tokens("a").length - model.tokens("a", { bos: false }).length; // 1 if the model has a BOS
const [ahead, behind] = (args.prompt ?? "The capital of {} is").split("{}");
const asked = (args.facts ?? FACTS).split("|").map(fact => {
  const [subject, said] = fact.split("=").map(word => word.trim());
  const prompt = `${ahead}${subject}${behind}`;
  const tokens = model.tokens(prompt);
  const answer = model.tokens(`${prompt} ${said}`).row(0)[tokens.length]; // its first token
  const first = ahead.trim() === "" ? start : model.tokens(ahead.trim()).length;
  const last = model.position(prompt, subject, { which: "first" });
  const run = model.run(prompt, { at: -1 });
  const [probability, rank] = [metric.prob(answer), metric.rank(answer)].map(metric => metric.of(run).item());
  return { subject, said, prompt, answer, first, last, length: tokens.length, probability, known: rank === 0 };
});
asked.sort((a, b) => Number(b.known) - Number(a.known) || b.probability - a.probability);
const [example] = asked;
// subjects of the same number of tokens, so that they can be exchanged
const alike = asked.filter(fact => fact.last === example.last && fact.length === example.length);
const known = alike.filter(fact => fact.known).slice(0, 8);
const facts = known.length > 1 ? known : alike.slice(0, 2);
print(`Known facts: ${facts.map(({ subject, said }) => `${subject} ${said}`).join(", ")}.`);
check("the model knows several facts", known.length > 1);

// ---- what do MLPs write about the best-known fact?

const seen = model.run(example.prompt, { cache: "blocks.*.hook_*" });
const lens = logitLens(seen, { of: "mlp", top: 5, token: example.answer });
html.logitLens(lens, { title: `What MLPs write: ${example.prompt}` }).save("lens");
chart
  .heatmap(lens.token.probability.at({ batch: 0 }), {
    title: `Probability of ${example.said} in the output of MLPs`,
    x: "token",
    y: "MLP",
    label: "probability",
    width: "column",
    labels: { pos: model.pieces(seen.tokens)[0] },
  })
  .save("lens");

// ---- causal tracing: the subject corrupted, states restored

const draws = Number(args.draws ?? 4); // of noise
const rows = facts.flatMap(fact => Array(draws).fill(fact));
const batch = model.tokens(rows.map(({ prompt }) => prompt));
const places = { "subject's last token": example.last - example.length, "last token": -1 };
const answers = metric.prob(rows.map(({ answer }) => [answer]));
const span = Array.from({ length: example.last - example.first + 1 }, (_, i) => example.first + i);
const size = Number(args.noise ?? 3) * model.weights.W_E.std();
const gauss = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const noise = tensor(
  Float32Array.from({ length: rows.length * span.length * dModel }, () => size * gauss()),
  { batch: rows.length, pos: span.length, dModel },
);
const kept = ["hook_embed", "blocks.*.hook_attn_out", "blocks.*.hook_mlp_out", "blocks.*.hook_resid_post"];
const clean = model.run(batch, { cache: kept });
const shift = Math.max(1, Math.floor(facts.length / 2)); // every fact is exchanged with another one
const others = model.tokens(rows.map((_, i) => rows[(i + shift * draws) % rows.length].prompt));
const other = model.run(others, { cache: kept });
const corrupted = {
  noise: model.with(add(site("hook_embed").at(span), noise)),
  "another subject": model.with(patch(site("hook_embed"), { from: other })),
};
const parts = { "residual stream": l => resid(l).post, attention: l => layer(l).attnOut, MLPs: l => mlp(l).out };
const width = Number(args.window ?? Math.max(3, Math.round(nLayers / 6)));
/** The layers restored together: those around a layer, without layer 0; of the residual stream only the layer. */
const around = (part, at) =>
  part === "residual stream" || at === 0
    ? [at]
    : layers.filter(l => l > 0 && l >= at - Math.floor((width - 1) / 2) && l <= at + Math.floor(width / 2));
const knows = answers.of(clean).mean();
const lost = {};
const restored = {};
for (const [how, changed] of Object.entries(corrupted)) {
  lost[how] = answers.of(changed.run(batch)).mean();
  for (const [part, what] of Object.entries(parts))
    (restored[part] ??= {})[how] = sweep(changed, batch, {
      over: { place: Object.values(places), layer: layers },
      metric: answers,
      apply: ({ layer, place }) => around(part, layer).map(l => patch(what(l).at(place), { from: clean })),
    });
}
const windows = `, ${width} layers at a time`;
chart
  .grid(
    Object.entries(restored).flatMap(([part, byHow]) =>
      Object.entries(byHow).map(([how, values]) =>
        chart.heatmap(values, {
          title: `${part}, ${how}`,
          x: "layer",
          y: "",
          labels: { place: Object.keys(places) },
          label: "probability of the answer",
          range: [0, 1],
        }),
      ),
    ),
    { columns: 2, title: `Probability of the answer with one state restored${windows}`, width: "page" },
  )
  .save("mediation");

/** The cell that restores most under noise, apart from layer 0. */
const restores = part => {
  const [{ layer, place, value }] = restored[part].noise.slice({ layer: [1] }).top(1);
  return { layer: layer + 1, place, value, exchanged: restored[part]["another subject"].get(place, layer + 1) };
};
const at0 = Object.values(restored.MLPs).map(values => values.get(0, 0));
const [best, attention] = [restores("MLPs"), restores("attention")];
const nameOf = place => Object.keys(places)[place];
const bringing = around("MLPs", best.layer);
print(
  `The answer has probability ${knows.toFixed(2)}; with noise on the subject ${lost.noise.toFixed(2)}, with another ` +
    `subject ${lost["another subject"].toFixed(2)}.`,
);
const numbers = (...values) => values.map(value => value.toFixed(2)).join(" and ");
print(
  `At the subject, restoring MLP 0 alone raises these to ${numbers(...at0)}. Among later layers MLPs ` +
    `${bringing.join(", ")} restore most, ${numbers(best.value, best.exchanged)} at the ${nameOf(best.place)}; ` +
    `attention ${around("attention", attention.layer).join(", ")} ` +
    `${numbers(attention.value, attention.exchanged)} at the ${nameOf(attention.place)}.`,
);

// ---- MLP 0: is its output a function of the token alone?

const single = model.run(
  batch.toArray().map(ids => [...ids.slice(0, start), ...ids.slice(places["subject's last token"]).slice(0, 1)]),
  { cache: "blocks.0.hook_mlp_out", logits: false },
);
const onItsOwn = single.cache.get("blocks.0.hook_mlp_out").slice({ pos: [-1] });
const subject0 = mlp(0).out.at(places["subject's last token"]);
const left = (...changes) => answers.of(model.with(...changes).run(batch)).mean();
const zeroth = {
  "of the token alone": left(patch(subject0, { from: onItsOwn })),
  "of another subject": left(patch(subject0, { from: other })),
  zero: left(ablate(subject0, { with: "zero" })),
};
print(
  `With the output of MLP 0 at the subject replaced by that for the token alone the probability is ` +
    `${zeroth["of the token alone"].toFixed(2)}, by that for another subject ` +
    `${zeroth["of another subject"].toFixed(2)}, by zero ${zeroth.zero.toFixed(2)}.`,
);

// ---- removal: the output of MLPs is replaced by that for another subject, at one place

const exchanged = (list, place) => list.map(l => patch(mlp(l).out.at(place), { from: other }));
const removed = sweep(model, batch, {
  over: { place: Object.values(places), layer: layers },
  metric: answers,
  apply: ({ layer, place }) => exchanged(around("MLPs", layer), place),
});
chart
  .line(Object.fromEntries(Object.keys(places).map((name, place) => [`at the ${name}`, removed.at({ place })])), {
    title: `MLPs replaced by those for another subject${windows}`,
    x: "layer",
    y: "probability of the answer",
    range: [0, 1],
    reference: { y: knows, label: "unchanged" },
    width: "column",
  })
  .save("removed");
const needed = removed
  .slice({ layer: [1] })
  .mul(-1)
  .top(1)
  .map(({ layer, place, value }) => ({ layer: layer + 1, place, value: -value }))[0];
const elsewhere = removed.get(1 - needed.place, needed.layer);
const restoring = removed.get(best.place, best.layer);
print(
  `With the outputs of MLPs ${around("MLPs", needed.layer).join(", ")} for another subject at the ` +
    `${nameOf(needed.place)} it is lowest, ${needed.value.toFixed(2)}; with the same at the ` +
    `${nameOf(1 - needed.place)} ${elsewhere.toFixed(2)}. With those of the MLPs that restore most it is ` +
    `${restoring.toFixed(2)}.`,
);
const afterFirst = Object.values(places).map(place => left(...exchanged(layers.slice(1), place)));
print(
  `With the outputs of all MLPs from layer 1 on for another subject it is ${afterFirst[0].toFixed(2)} at the ` +
    `${nameOf(0)} and ${afterFirst[1].toFixed(2)} at the ${nameOf(1)}.`,
);

// ---- neurons: those that add most to the answer, fact by fact

const counts = [1, 2, 4, 8, 16, 32, 64];
const cuts = facts.map(({ prompt, answer }) => {
  const whole = metric.prob(answer);
  const added = attribution.direct(model.run(prompt), { token: answer, by: "neuron" }).at({ batch: 0 }).top(64);
  const across = ({ layer, dMlp: neuron }) => {
    // the next one half a layer further that is none of them
    let other = (neuron + Math.floor(dMlp / 2)) % dMlp;
    while (added.some(one => one.layer === layer && one.dMlp === other)) other = (other + 1) % dMlp;
    return other;
  };
  const zeros = which =>
    sweep(model, prompt, {
      over: counts,
      metric: whole,
      apply: count =>
        added.slice(0, count).map(one => ablate(mlp(one.layer).post.at(-1).neurons(which(one)), { with: "zero" })),
    });
  return { added, most: zeros(one => one.dMlp), others: zeros(across) };
});
const average = which =>
  tensor(
    cuts.map(cut => cut[which].toArray()),
    ["fact", "count"],
  ).mean("fact");
const neurons = { "that add most to the answer": average("most"), "others of their layers": average("others") };
chart
  .line(neurons, {
    title: "Neurons removed at the last token",
    x: "neurons",
    y: "probability of the answer",
    labels: counts.map(String),
    range: [0, 1],
    styles: { "others of their layers": "dashed" },
    reference: { y: knows, label: "unchanged" },
    width: "column",
  })
  .save("neurons");
const strongest = cuts[0].added.slice(0, 8).map(({ layer, dMlp: neuron, value }) => {
  const [{ tokens }] = neuronTokens(model, { layer, neurons: neuron, top: 4 });
  return { layer, neuron, "adds to the answer": value, promotes: tokens.join(" ") };
});
print(`Neurons that add most to ${facts[0].said} after "${facts[0].prompt}":`);
table(strongest).print().save("neurons");
const [without, instead] = Object.values(neurons).map(values => values.get(counts.length - 1));
print(
  `Without the ${counts.at(-1)} neurons that add most the probability is ${without.toFixed(2)}, without as many ` +
    `others of the same layers ${instead.toFixed(2)}.`,
);

record(
  "facts",
  facts.map(({ prompt, said, probability }) => ({ prompt, said, probability })),
);
record("probability", { knows, lost, "MLP 0": zeroth, needed, elsewhere, restoring, afterFirst, neurons: counts });
record("restored", Object.fromEntries(Object.entries(restored).map(([part, byHow]) => [part, Object.values(byHow)])));
record("removed", { places: Object.keys(places), removed });
record("without neurons", neurons);

check(
  "a corrupted subject loses the facts",
  Object.values(lost).every(value => value < 0.5 * knows),
);
check("MLPs after layer 0 restore most of the probability that noise takes", best.value > 0.5 * (knows + lost.noise));
check(
  "the facts are lost with some MLPs after layer 0 as for another subject, but not at the other place",
  needed.value < 0.5 * knows && elsewhere > 0.8 * knows,
);
check(
  "the neurons that add most are needed, others of the same layers are not",
  without < 0.6 * knows && instead > 0.8 * knows,
);
