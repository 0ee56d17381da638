// Which heads identify the indirect object? "When Mary and John went to the store, John gave a drink to" is continued
// with the name that occurs only once. Wang et al. (2022) found the circuit of GPT-2 by path patching backwards from
// the logits. This script does the same, and gives a head a role only if it passes the paper's tests for it: where it
// attends, what it copies, and what it changes on the path. Then it measures how much circuits of growing size explain
// (Mueller et al. 2025).
//
//   lens run ioi.js [--model PATH] [--arg prompts=12] [--arg threshold=0.02]
import {
  args,
  attribution,
  chart,
  check,
  circuit,
  head,
  heads,
  load,
  metric,
  patch,
  patching,
  print,
  record,
  seed,
  stack,
  table,
  tensor,
} from "lens";

const model = load();
const count = Number(args.prompts ?? 12);
const { nLayers, nHeads, nKvHeads } = model.config;

// ---- prompts: every pair of names in both roles; in the corrupted prompts three other names, none of them repeated

const names = (
  "Mary John Anna Tom Sara Paul Emma Mark Lucy James Clara Robert Julia Daniel Rosa Henry David Peter Alice Jack " +
  "Kate Simon Martin George Adam Laura Frank Susan Kevin Amy"
)
  .split(" ")
  .filter(name => model.tokens(`a ${name}`).length === model.tokens("a").length + 1); // one token after a space
const sentences = [
  (first, second, giver) => `When ${first} and ${second} went to the store, ${giver} gave a drink to`,
  (first, second, giver) => `Then ${first} and ${second} went to the school. ${giver} gave a ball to`,
  (first, second, giver) => `While ${first} and ${second} were at the house, ${giver} gave a ring to`,
];
const problem = i => {
  const at = Math.floor(i / 2);
  const say = sentences[at % sentences.length];
  const [first, second, a, b, c] = [0, 7, 12, 17, 21].map(step => names[(at + step) % names.length]);
  const [object, subject] = i % 2 ? [second, first] : [first, second];
  return { object, subject, clean: say(first, second, subject), corrupted: say(a, b, c) };
};
const asked = problems => ({
  clean: model.tokens(problems.map(p => p.clean)),
  corrupted: model.tokens(problems.map(p => p.corrupted)),
  metric: metric.logitDiff({ correct: problems.map(p => ` ${p.object}`), wrong: problems.map(p => ` ${p.subject}`) }),
});
const many = asked(Array.from({ length: 60 }, (_, i) => problem(i)));
const differences = many.metric.of(model.run(many.clean, { at: -1 }));
const right = differences.gt(0).mean();

const prompts = Array.from({ length: count }, (_, i) => problem(i));
const pair = asked(prompts);
const { clean, corrupted, metric: difference } = pair;
const run = model.run(clean, { cache: [heads().pattern, heads().v, heads().z, "ln_final.hook_scale"] });
const corruptedRun = model.run(corrupted, { cache: heads().z });
const base = difference.of(run).mean();
const none = difference.of(corruptedRun).mean();
print(
  `The indirect object has the larger logit in ${(100 * right).toFixed(0)} % of 60 prompts; the mean difference is ` +
    `${differences.mean().toFixed(2)}. On the ${count} prompts below it is ${base.toFixed(2)}, and ` +
    `${none.toFixed(2)} with other names.`,
);
record("ioi.accuracy", right);
record("ioi.logitDiff", base);

// ---- what heads attend to, and what they do with a name that they attend to; positions count from the end

const layers = [...Array(nLayers).keys()];
const place = (name, which) =>
  prompts.map((p, i) => model.position(clean.row(i), ` ${name(p)}`, { which }) - clean.row(i).length);
const end = prompts.map(() => -1);
const object = place(p => p.object, "first");
const [first, second] = ["first", "last"].map(which => place(p => p.subject, which)); // S1 and S2 of the paper
const after = first.map(position => position + 1);
const attention = (dest, src) =>
  stack(
    layers.map(layer => {
      const pattern = run.cache.get(`blocks.${layer}.attn.hook_pattern`);
      return stack(
        prompts.map((_, batch) => pattern.at({ batch, dest: dest[batch], src: src[batch] })),
        "batch",
      );
    }),
    "layer",
  ).transpose("batch", "layer", "head");
const patterns = {
  "end → IO": attention(end, object),
  "end → S2": attention(end, second),
  "S2 → S1": attention(second, first),
  "S2 → S1+1": attention(second, after),
  "S1+1 → S1": attention(after, first),
};
const looks = Object.fromEntries(Object.entries(patterns).map(([name, all]) => [name, all.mean("batch")]));
/** Whether a head attends so at least three times as much as the mean head. */
const attends = (one, name) => looks[name].get(one.layer, one.head) > 3 * looks[name].mean();
const attendsMore = (one, name, other) =>
  attends(one, name) && looks[name].get(one.layer, one.head) > looks[other].get(one.layer, one.head);

// the share of names that a head would put among the five most probable tokens if it attended to them alone, minus the
// share that it would put among the five least probable ones
const unembedding = model.weights.W_U.mul(model.weights.normFinal);
const copied = prompts.slice(0, 6);
const copying = stack(
  layers.map(layer =>
    stack(
      [...Array(nHeads).keys()].map(number => {
        const values = run.cache.get(head(layer, number).v);
        const logits = stack(
          copied.map((_, batch) => values.at({ batch, pos: object[batch] })),
          "batch",
        )
          .matmul(model.weights.W_O(layer, number))
          .matmul(unembedding);
        const own = stack(
          copied.map((p, batch) => logits.at({ batch, dVocab: model.token(` ${p.object}`) })),
          "batch",
        );
        const among = compared => compared.sum("dVocab").lt(5).mean();
        return tensor(among(logits.gt(own)) - among(logits.lt(own)), {});
      }),
      "head",
    ),
  ),
  "layer",
);

// ---- backwards from the logits: exact path patching, of all heads to the logits, and from there of the heads that
// edge attribution patching estimates to matter most

const least = Number(args.threshold ?? 0.02) * Math.abs(base - none);
const toLogits = patching.path(model, { ...pair, receivers: "logits" }).sub(base);
const direct = attribution
  .direct(run, { correct: prompts.map(p => ` ${p.object}`), wrong: prompts.map(p => ` ${p.subject}`), by: "head" })
  .mean("batch");
const edges = patching.attribution(model, { ...pair, by: "edge", steps: 5 });
const paths = toLogits
  .abs()
  .top(nLayers * nHeads)
  .filter(one => one.value >= least)
  .map(one => ({ from: head(one.layer, one.head), to: "logits", effect: toLogits.get(one.layer, one.head) }));
const lowers = path => path.effect < 0; // the path raises the difference: patching it lowers it
const roles = {};
const withRole = () => Object.values(roles).flat();
/** Gives a role to the heads that have none yet and pass its test. */
const assign = (role, some, test) => {
  const found = some.filter(path => !withRole().some(one => String(one) === String(path.from)) && test(path));
  const names = [...new Set(found.map(path => String(path.from)))];
  if (names.length > 0) roles[role] = names.map(name => head(name));
};
/** Patches paths into one input of the heads of a role, and returns those that raise the difference. */
const follow = (role, kind) => {
  const readers = roles[role] ?? [];
  if (readers.length === 0) return [];
  const group = kind === "q" ? 1 : nHeads / nKvHeads; // heads that share keys and values are one receiver
  const columns = new Set(
    readers.map(one => edges.receivers.indexOf(`${one.layer}.${one.head - (one.head % group)}.${kind}`)),
  );
  const senders = edges.senders
    .map((name, i) => [name, [...columns].reduce((sum, j) => sum + (edges.scores.get(i, j) || 0), 0)])
    .filter(([name, estimate]) => /^\d/.test(name) && estimate !== 0)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, 12)
    .map(([name]) => head(name));
  if (senders.length === 0) return [];
  const effects = patching.path(model, { ...pair, senders, receivers: readers.map(one => one[kind]) }).sub(base);
  const found = senders
    .map((from, i) => ({ from, to: `${role}.${kind}`, effect: effects.get(i) }))
    .filter(path => Math.abs(path.effect) >= least);
  paths.push(...found);
  return found.filter(lowers);
};
const copies = one => copying.get(one.layer, one.head);

assign("name movers", paths, p => lowers(p) && attendsMore(p.from, "end → IO", "end → S2") && copies(p.from) >= 0.5);
assign(
  "negative name movers",
  paths,
  p => !lowers(p) && attendsMore(p.from, "end → IO", "end → S2") && copies(p.from) <= -0.5,
);
assign(
  "subject suppressors",
  paths,
  p => lowers(p) && attendsMore(p.from, "end → S2", "end → IO") && copies(p.from) <= -0.5,
);
const writers = ["name movers", "negative name movers", "subject suppressors"];
const queries = writers.flatMap(role => follow(role, "q"));
assign("S-inhibition heads", queries, p => attendsMore(p.from, "end → S2", "end → IO"));
const readers = ["S-inhibition heads", "subject suppressors"];
const atSubject = readers.flatMap(role => ["k", "v"].flatMap(kind => follow(role, kind)));
assign("duplicate-token heads", atSubject, p => attendsMore(p.from, "S2 → S1", "S2 → S1+1"));
assign("induction heads", atSubject, p => attendsMore(p.from, "S2 → S1+1", "S2 → S1"));
assign("previous-token heads", follow("induction heads", "k"), p => attends(p.from, "S1+1 → S1"));

const rows = Object.entries(roles).flatMap(([role, some]) =>
  some.map(one => ({
    role,
    head: one,
    ...Object.fromEntries(Object.entries(looks).map(([name, all]) => [name, all.get(one.layer, one.head)])),
    copying: copies(one),
    effect: paths.filter(p => String(p.from) === String(one)).reduce((sum, p) => sum + p.effect, 0),
  })),
);
const average = { role: "mean of all heads", head: "" };
Object.entries(looks).forEach(([name, all]) => (average[name] = all.mean()));
table([...rows, { ...average, copying: copying.mean(), effect: toLogits.mean() }])
  .print()
  .save("roles");
const without = ["name movers", "S-inhibition heads", "duplicate-token heads", "induction heads"].filter(
  role => roles[role] === undefined,
);
if (without.length > 0) print(`No heads pass the tests for ${without.join(", ")}.`);
const pieces = model.pieces(clean)[0];
const mostAttended = one => pieces[run.cache.get(one.pattern).at({ batch: 0, dest: -1 }).argmax()];
const unnamed = paths.filter(
  p => p.to === "logits" && lowers(p) && !withRole().some(one => String(one) === String(p.from)),
);
if (unnamed.length > 0)
  print(
    `Heads that raise the difference by a path to the logits and have no role: ` +
      unnamed.map(({ from }) => `${from} (attends most to "${mostAttended(from)}")`).join(", "),
  );
record("ioi.roles", Object.fromEntries(Object.entries(roles).map(([role, some]) => [role, some.map(String)])));

const largest = Math.max(toLogits.abs().top(1)[0].value, direct.abs().top(1)[0].value);
const map = (effects, title) =>
  chart.heatmap(effects, {
    title,
    label: "logit difference",
    x: "head",
    y: "layer",
    diverging: true,
    range: [-largest, largest],
    annotate: 4,
  });
chart
  .grid([map(direct, "written directly"), map(toLogits.neg(), "lost when the path is patched")], {
    title: "What heads contribute to the logit difference",
    width: "4in",
  })
  .save("heads");

// what these heads write to the logit of a name, against how much they attend to it, prompt by prompt
const written = Object.fromEntries(
  ["object", "subject"].map(name => [
    name,
    attribution.direct(run, { token: prompts.map(p => ` ${p[name]}`), by: "head" }),
  ]),
);
const points = role =>
  roles[role].flatMap(({ layer, head: number }) =>
    ["object", "subject"].flatMap(name =>
      prompts.map((_, batch) =>
        [patterns[name === "object" ? "end → IO" : "end → S2"], written[name]].map(of =>
          of.get({ batch, layer, head: number }),
        ),
      ),
    ),
  );
const drawn = writers.filter(role => roles[role] !== undefined);
if (drawn.length > 0)
  chart
    .scatter(Object.fromEntries(drawn.map(role => [role, points(role)])), {
      title: "Heads that write names",
      x: "attention from the last token to a name",
      y: "change of the name's logit",
      width: "column",
    })
    .save("names");

// ---- the circuit of these heads, and circuits of growing size

const roleOf = one => Object.keys(roles).find(role => roles[role].some(other => String(other) === String(one)));
const early = ["previous-token heads", "duplicate-token heads", "induction heads", "S-inhibition heads"];
const late = ["subject suppressors", "name movers", "negative name movers", "logits"];
const stages = [...early, ...late]; // edges lead from a stage to a later one
const between = {};
for (const { from, to, effect } of paths) {
  const role = roleOf(from);
  if (role === undefined || stages.indexOf(role) >= stages.indexOf(to.replace(/\.[qkv]$/, ""))) continue;
  const edge = (between[`${role} → ${to}`] ??= { from: role, to, effect: 0 });
  edge.effect += effect;
}
const named = circuit("Indirect object identification", { nodes: { ...roles }, edges: Object.values(between) });
if (withRole().length > 0) named.draw().save("circuit");
named.save("circuit");

const ranking = patching.attribution(model, { ...pair, by: "head", steps: 5 });
const random = model.random({ length: nLayers * nHeads, bos: false, seed }).row(0); // a random number for each head
const curve = scores => circuit.curve(model, { ...pair, scores });
const curves = {
  edges: curve(edges),
  heads: curve(ranking),
  "heads in random order": curve(tensor(random, { layer: nLayers, head: nHeads })),
};
table(Object.entries(curves).map(([parts, { cpr, cmd }]) => ({ parts, CPR: cpr, CMD: cmd })))
  .print()
  .save("curves");
chart
  .line(
    { x: [...curves.edges.sizes], y: Object.values(curves).map(one => one.faithfulness.toArray()) },
    {
      title: "Faithfulness of circuits by size",
      x: "share of the edges or heads",
      y: "faithfulness",
      series: Object.keys(curves),
      log: "x",
      styles: { "heads in random order": "dashed" },
      reference: { y: 1, label: "whole model" },
      width: "column",
    },
  )
  .save("curves");

// the smallest of twenty circuits of the highest-ranked heads that keeps 80 % of the difference
const sizes = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);
const growing = circuit.curve(model, { ...pair, scores: ranking, sizes });
const size =
  growing.counts[
    Math.max(
      0,
      growing.faithfulness.toArray().findIndex(share => share >= 0.8),
    )
  ];
const kept = ranking
  .abs()
  .top(size)
  .map(one => head(one.layer, one.head))
  .filter(one => roleOf(one) === undefined);
const nodes = { ...roles, ...(kept.length > 0 ? { "other heads": kept } : {}) };
const explained = circuit("Circuit", { nodes }).evaluate(model, { ...pair, ablate: "resample" });
table(
  Object.entries(explained.minimality).map(([node, minimality]) => ({
    node,
    heads: nodes[node].length,
    minimality,
    "model without it": explained.without[node].model,
    "circuit without it": explained.without[node].circuit,
  })),
)
  .print()
  .save("circuit");
const inside = Object.values(nodes).flat();
print(
  `${inside.length} of ${nLayers * nHeads} heads keep ${(100 * explained.faithfulness).toFixed(0)} % of the logit ` +
    `difference; completeness ${explained.completeness.toFixed(2)}.`,
);
record("ioi.curves", Object.fromEntries(Object.entries(curves).map(([parts, { cpr, cmd }]) => [parts, { cpr, cmd }])));
record("ioi.faithfulness", explained.faithfulness);
record("ioi.completeness", explained.completeness);

// ---- verification: without the heads that have a role, and without as many outside the circuit, if there are so many

const among = (some, one) => some.some(other => String(other) === String(one));
const all = model.heads(heads());
const outside = all.filter(one => !among(inside, one));
const others = outside.filter((_, i) => i % Math.max(1, Math.floor(outside.length / withRole().length)) === 0);
const replaced = some =>
  difference.of(model.run(clean, { at: -1, hooks: some.map(one => patch(one.z, { from: corruptedRun })) })).mean();
const left = {
  model: base,
  "without them": replaced(withRole()),
  "without others": replaced(others.slice(0, withRole().length)),
  "only them": replaced(all.filter(one => roleOf(one) === undefined)),
  "larger circuit": explained.circuit,
};
table([left]).print().save("knocked-out");
chart
  .bar(Object.values(left), {
    title: `The ${withRole().length} heads with a role, replaced or alone`,
    y: "logit difference",
    labels: Object.keys(left),
    width: "column",
  })
  .save("knocked-out");
record("ioi.knockedOut", left);

check("the model identifies the indirect object", right >= 0.9);
check("heads pass the tests of name movers or subject suppressors", drawn.length > 0);
check("replacing the heads with a role removes more than half of the difference", left["without them"] < base / 2);
check("replacing heads outside the circuit keeps more than half of it", left["without others"] > base / 2);
check("a part of the heads keeps at least 80 % of it", inside.length < all.length && explained.faithfulness >= 0.8);
check("the ranking of heads is better than a random one", curves.heads.cpr > curves["heads in random order"].cpr);
