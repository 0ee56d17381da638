// How do MLPs recall a fact? The logit lens shows what each MLP writes at each token, and which tokens its strongest
// neurons promote. Causal tracing (Meng et al. 2022) shows which states matter: noise on the embeddings of the subject
// makes the model lose the fact, and restoring one state of the clean run at one layer and token recovers it if the
// state is on the path of the fact. Finally, the MLPs and neurons found are ablated.
//
//   lens run mlp.js [--model PATH] [--arg subject=France] [--arg answer=Paris]
//                   [--arg prompt="The capital of {} is"] [--arg noise=3]
import {
  ablate,
  add,
  args,
  attribution,
  chart,
  check,
  html,
  load,
  logitLens,
  metric,
  mlp,
  neuronTokens,
  patch,
  print,
  record,
  resid,
  layer,
  site,
  sweep,
  table,
  tensor,
} from "lens";

const model = load();
const { nLayers, dModel } = model.config;

// ---- the fact: the one given, or the one of these that the model knows best

const template = args.prompt ?? "The capital of {} is";
const facts =
  args.subject === undefined
    ? ["Zorland=Mirpol", "France=Paris", "Japan=Tokyo", "Italy=Rome", "Russia=Moscow", "Germany=Berlin"]
    : [`${args.subject}=${args.answer}`];
const known = facts
  .map(fact => fact.split("="))
  .map(([subject, said]) => {
    const prompt = template.replace("{}", subject);
    const answer = model.tokens(`${prompt} ${said}`).row(0)[model.tokens(prompt).length]; // its first token
    return { subject, said, prompt, answer, probability: metric.prob(answer).of(model.run(prompt, { at: -1 })).item() };
  });
const { subject, said, prompt, answer } = known.reduce((a, b) => (b.probability > a.probability ? b : a));

// ---- what do MLPs write?

const run = model.run(prompt, {
  cache: [
    "hook_embed",
    "blocks.*.hook_resid_*",
    "blocks.*.hook_attn_out",
    "blocks.*.hook_mlp_out",
    "blocks.*.mlp.hook_post",
  ],
});
const pieces = model.pieces(run.tokens)[0];
const start = pieces.length - model.tokens(prompt, { bos: false }).length;
const ahead = template.split("{}")[0].trim();
const first = ahead === "" ? start : model.tokens(ahead).length;
const last = model.tokens(`${ahead} ${subject}`.trim()).length - 1;
const lens = logitLens(run, { of: "mlp", top: 5, token: answer });
html.logitLens(lens, { title: `What MLPs write: ${prompt}` }).save("lens");
chart
  .heatmap(lens.token.probability.at({ batch: 0 }), {
    title: `Probability of ${said} in the outputs of MLPs`,
    x: "token",
    y: "MLP",
    labels: { pos: pieces },
  })
  .save("lens");

// ---- the contributions of neurons to the answer

const byNeuron = attribution.direct(run, { token: answer, by: "neuron" }).at({ batch: 0 });
const neurons = byNeuron.top(8).map(({ layer, dMlp, value }) => {
  const [{ tokens }] = neuronTokens(model, { layer, neurons: dMlp, top: 4 });
  return { layer, neuron: dMlp, "adds to the answer": value, promotes: tokens.join(" ") };
});
table(neurons).print().save("neurons");

// ---- causal tracing: noise on the subject, one state restored

const rows = Number(args.rows ?? 8);
const batch = Array(rows).fill(prompt);
const whole = metric.prob(answer);
const places = pieces.map((_, pos) => pos);
const size = Number(args.noise ?? 3) * model.weights.W_E.std();
const gauss = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const noise = tensor(
  Float32Array.from({ length: rows * (last - first + 1) * dModel }, () => size * gauss()),
  { batch: rows, pos: last - first + 1, dModel },
);
const noisy = model.with(add(site("hook_embed").at(places.slice(first, last + 1)), noise));
const knows = whole.of(run).mean();
const lost = whole.of(noisy.run(batch)).mean();
const restore = what =>
  sweep(noisy, batch, {
    over: { layer: nLayers, pos: places.length },
    metric: whole,
    apply: ({ layer, pos }) => patch(what(layer).at(pos), { from: run }),
  });
const restored = {
  "Residual stream": restore(l => resid(l).post),
  Attention: restore(l => layer(l).attnOut),
  MLP: restore(l => mlp(l).out),
};
const labels = { pos: pieces.map((piece, pos) => (pos >= first && pos <= last ? `${piece}*` : piece)) };
chart
  .grid(
    Object.entries(restored).map(([title, values]) =>
      chart.heatmap(values, { title, x: "token, * with noise", y: "layer", labels, range: [0, 1] }),
    ),
    { columns: 3, title: `Probability of ${said} with one state restored` },
  )
  .save("mediation");
const [best] = restored.MLP.top(1);
const [attention] = restored.Attention.top(1);
print(`${prompt} ${said}: probability ${knows.toFixed(3)}, with noise on "${subject}" ${lost.toFixed(3)}.`);
print(
  `Restoring MLP ${best.layer} at "${pieces[best.pos]}" raises it to ${best.value.toFixed(3)}, ` +
    `attention ${attention.layer} at "${pieces[attention.pos]}" to ${attention.value.toFixed(3)}.`,
);

// ---- ablation: each MLP at the subject and at the last token, the restoring MLPs together, and neurons

const removed = place =>
  sweep(model, prompt, {
    over: Array.from({ length: nLayers }, (_, l) => l),
    metric: whole,
    apply: l => ablate(mlp(l).out.at(place), { with: "zero" }),
  });
const without = { [`at ${subject}`]: removed(last), "at the end": removed(-1) };
chart
  .bar(without, { title: "Without one MLP at one token", x: "MLP", y: `probability of ${said}`, range: [0, 1] })
  .save("removed");
const left = hooks => whole.of(model.with(hooks).run(prompt)).mean();
const bringing = Array.from({ length: nLayers }, (_, l) => l).filter(
  l => l === best.layer || restored.MLP.get(l, best.pos) > (knows + lost) / 2,
);
const inSubject = best.pos >= first && best.pos <= last;
const at = { here: best.pos, elsewhere: inSubject ? places.length - 1 : last };
const together = Object.fromEntries(
  Object.entries(at).map(([where, pos]) => [
    where,
    left(bringing.map(l => ablate(mlp(l).out.at(pos), { with: "zero" }))),
  ]),
);
print(
  `Without the restoring ${bringing.length === 1 ? "MLP" : "MLPs"} ${bringing.join(", ")} at "${pieces[at.here]}": ` +
    `${together.here.toFixed(3)}; without the same at "${pieces[at.elsewhere]}": ${together.elsewhere.toFixed(3)}.`,
);

const counts = [1, 2, 4, 8, 16, 32, 64];
const added = byNeuron.top(64);
const across = ({ layer, dMlp }) => {
  // the next one half a layer further that is none of them
  let other = (dMlp + Math.floor(model.config.dMlp / 2)) % model.config.dMlp;
  while (added.some(one => one.layer === layer && one.dMlp === other)) other = (other + 1) % model.config.dMlp;
  return other;
};
const cut = (count, which) =>
  left(added.slice(0, count).map(one => ablate(mlp(one.layer).post.neurons(which(one)), { with: "zero" })));
const cuts = {
  "that add most to the answer": counts.map(n => cut(n, one => one.dMlp)),
  "others of their layers": counts.map(n => cut(n, across)),
};
chart
  .line(cuts, {
    title: "With neurons ablated",
    x: "neurons",
    y: `probability of ${said}`,
    labels: counts.map(String),
    range: [0, 1],
  })
  .save("neurons");
const [strongest, others] = Object.values(cuts).map(values => values[counts.length - 1]);
print(
  `Without the 5 neurons that contribute most: ${cut(5, one => one.dMlp).toFixed(3)}; without the ${added.length} ` +
    `that do: ${strongest.toFixed(3)}; without as many other neurons of the same layers: ${others.toFixed(3)}.`,
);

record("probability", { knows, lost, "without MLPs": together, neurons: counts, cuts });
record("restored", Object.fromEntries(Object.entries(restored).map(([what, values]) => [what, values.toArray()])));
record("removed", Object.fromEntries(Object.entries(without).map(([place, values]) => [place, values.toArray()])));

check("the model knows the fact, and loses it with noise on the subject", knows > 0.5 && lost < 0.5 * knows);
check("restoring one MLP at one token recovers the fact", best.value > 0.5 * (knows + lost));
check(
  "the fact is lost without these MLPs, but not without the same MLPs at another token",
  together.here < 0.5 * knows && together.elsewhere > 0.8 * knows,
);
check(
  "the neurons that contribute most are needed, others of the same layers are not",
  strongest < 0.6 * knows && others > 0.8 * knows,
);
