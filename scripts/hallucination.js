// Where does a hallucinated fact come from? Asked for the capital of something that has none, a model may still name
// one. This script compares questions about keys that the model knows with the same questions about unknown keys: at
// which layer its confidence diverges, and which positions, heads and MLPs carry the knowledge (activation patching).
// It then searches for an edit of one head's or one MLP's weights that reduces hallucination without loss of knowledge,
// on half of the keys, and tests it on the other half.
//
//   lens run hallucination.js [--model PATH] [--arg template="The capital of {} is"]
//                             [--arg known="Zorland=Mirpol|…"] [--arg unknown="…|…"]
//
// A key is known if its answer is the most probable token; it is compared with an unknown key of the same length.
import {
  args,
  chart,
  check,
  edit,
  head,
  heads,
  load,
  logitLens,
  metric,
  mlp,
  patching,
  print,
  record,
  scale,
  sweep,
  table,
} from "lens";

const model = load();
const ask = keys => keys.map(key => (args.template ?? "The capital of {} is").replace("{}", key));
const facts = (
  args.known ??
  "Zorland=Mirpol|Veltany=Osgrim|Morvane=Kestra|Tarquil=Dunhap|Brinnia=Falwick|Kandrel=Ubrett|Luminia=Hastow|" +
    "Jantara=Askel|Grentia=Zephra|Polvara=Ticnor|Ferrow=Wexley|Wenland=Corvo|France=Paris|Italy=Rome|Japan=Tokyo|" +
    "Spain=Madrid|Russia=Moscow|Greece=Athens|Egypt=Cairo|Austria=Vienna|England=London|Germany=Berlin|Cuba=Havana|" +
    "Poland=Warsaw"
)
  .split("|")
  .map(fact => fact.split("="));
const words = (
  args.unknown ?? "Monday|town|Fiona|shop|theater|fisher|village|Wednesday|Sunday|water|coffee|Thursday"
).split("|");

// ---- the known keys, each with an unknown key; all of one length, so that positions correspond

/** Returns the first token of an answer after a question. */
const first = answer => {
  const [question] = ask(["France"]);
  return model.tokens(`${question} ${answer}`).row(0)[model.tokens(question).length];
};
const likeliest = model
  .run(ask(facts.map(([key]) => key)), { at: -1 })
  .logits.at({ pos: 0 })
  .argmax("dVocab")
  .toArray();
const answered = facts.filter(([, answer], i) => likeliest[i] === first(answer));
const length = key => model.tokens(ask([key])).length;
if (answered.length === 0)
  print("None of the facts is known; the script continues with them. Name others with --arg known=…");
const beside = (answered.length > 0 ? answered : facts).flatMap(([key, answer]) => {
  const at = words.findIndex(word => length(word) === length(key));
  return at < 0 ? [] : [{ key, answer, unknown: words.splice(at, 1)[0] }];
});
const lengths = beside.map(pair => length(pair.key));
const share = tokens => lengths.filter(other => other === tokens).length;
const commonest = lengths.reduce((a, b) => (share(b) > share(a) ? b : a), lengths[0]);
const pairs = beside.filter(pair => length(pair.key) === commonest);
if (pairs.length < 4)
  throw new RangeError(
    `only ${pairs.length} facts are known, have one length and an unknown key of that length; ` +
      "four are needed: give more with --arg known=… and --arg unknown=…",
  );
const known = pairs.map(pair => pair.key);
const unknown = pairs.map(pair => pair.unknown);
const right = pairs.map(pair => first(pair.answer));

// ---- what does the model answer, and how confident is it?

const made = metric.prob(right); // of any of these answers, all of which are hallucinations for an unknown key
const asked = { known: model.run(ask(known)), unknown: model.run(ask(unknown)) };
table(
  Object.entries({ known, unknown }).flatMap(([kind, keys]) => {
    const probabilities = asked[kind].logits.at({ pos: -1 }).softmax("dVocab");
    return keys.map((key, i) => {
      const [best] = probabilities.at({ batch: i }).top(1);
      return { kind, key, says: model.text([best.dVocab]), probability: best.value };
    });
  }),
)
  .print()
  .save("answers");
const knows = metric
  .prob(right.map(answer => [answer]))
  .of(asked.known)
  .mean();
const invents = made.of(asked.unknown).mean();

// ---- at which layer does the confidence diverge? The logit lens on the residual stream

const lens = kind => logitLens(asked[kind], { pos: -1, top: 1 }).probabilities.at({ pos: 0, rank: 0 });
const certainty = { known: lens("known"), unknown: lens("unknown") };
const each = reduce =>
  Object.fromEntries(Object.entries(certainty).map(([kind, values]) => [kind, values[reduce]("batch")]));
chart
  .line(each("mean"), {
    title: "Confidence by layer",
    x: "residual stream",
    y: "probability of the top token",
    errors: each("std"),
    labels: logitLens(asked.known, { pos: -1, top: 1 }).layers,
  })
  .save("certainty");

// ---- what carries the knowledge? Parts of the run on a known key patched into the run on an unknown one

const swap = { clean: ask(known), corrupted: ask(unknown), metric: metric.logProb(right), normalize: true };
const byPlace = patching.activation(model, { ...swap, site: "resid_pre", by: ["layer", "pos"] });
const byMlp = patching.activation(model, { ...swap, site: "mlp_out", by: ["layer", "pos"] });
const byHead = patching.activation(model, { ...swap, site: "z", by: ["layer", "head"] });
const pieces = model.pieces(model.tokens(ask(known)))[0];
const labels = { pos: pieces };
chart
  .grid(
    [
      chart.heatmap(byPlace, {
        title: "Residual stream",
        x: "token",
        y: "before layer",
        labels,
        diverging: true,
        range: [-1, 1],
      }),
      chart.heatmap(byMlp, { title: "MLP outputs", x: "token", y: "layer", labels, diverging: true, range: [-1, 1] }),
      chart.heatmap(byHead, { title: "Heads", x: "head", y: "layer", diverging: true, range: [-1, 1] }),
    ],
    { columns: 3, title: "Share of the known answer restored in questions about unknown keys" },
  )
  .save("restored");
const [recalling] = byHead.top(1);
const [enriching] = byMlp.top(1);
print(
  `The probability of known answers is ${knows.toFixed(3)}, that of hallucinated ones ${invents.toFixed(3)}. ` +
    `Head ${head(recalling.layer, recalling.head)} alone restores ${recalling.value.toFixed(2)} of the knowledge, ` +
    `MLP ${enriching.layer} at "${pieces[enriching.pos]}" ${enriching.value.toFixed(2)}.`,
);

// ---- an edit that reduces hallucination: every head and MLP is scaled, on the first half of the keys

const half = Math.floor(known.length / 2);
const factors = [0, 0.2, 0.4, 0.6, 0.8, 1.25, 1.5, 2];
const ofKnown = from => metric.prob(right.slice(from, from + half).map(answer => [answer]));
const parts = [
  ...model.heads(heads()).map(one => ({ at: one, weights: one.OV })),
  ...Array.from({ length: model.config.nLayers }, (_, layer) => ({ at: mlp(layer), weights: mlp(layer) })),
];
const cells = parts.flatMap(part => factors.map(factor => ({ part, factor })));
const apply = ({ part, factor }) => scale(part.at, factor);
const madeUp = sweep(model, ask(unknown.slice(0, half)), { over: cells, apply, metric: made }).toArray();
const kept = sweep(model, ask(known.slice(0, half)), { over: cells, apply, metric: ofKnown(0) }).toArray();
const harmless = [...kept.keys()].filter(cell => kept[cell] > 0.99 * knows);
const best = harmless.reduce((a, b) => (madeUp[b] < madeUp[a] ? b : a));
const { part, factor } = cells[best];
chart
  .scatter(
    {
      "weakened or strengthened": cells.map((_, i) => [madeUp[i], kept[i]]),
      "as it is": [[invents, knows]],
      chosen: [[madeUp[best], kept[best]]],
    },
    {
      title: "Every edit of one head or MLP",
      x: "probability of a hallucinated answer",
      y: "probability of a known answer",
    },
  )
  .save("edits");

// ---- the edit of the weights, on the other half

const edited = model.edit(edit.scale(part.weights, factor));
const results = Object.entries({ "as it is": model, edited }).map(([name, model]) => ({
  model: name,
  "made up": made.of(model.run(ask(unknown.slice(half)))).mean(),
  known: ofKnown(half)
    .of(model.run(ask(known.slice(half, 2 * half))))
    .mean(),
}));
table(results).print().save("edited");
print(
  `${part.at} times ${factor}: on other keys, hallucinated answers fall from ${results[0]["made up"].toFixed(3)} to ` +
    `${results[1]["made up"].toFixed(3)}, known ones change from ${results[0].known.toFixed(3)} to ` +
    `${results[1].known.toFixed(3)}.`,
);
record("answers", { knows, invents });
record("restored", { byHead, byMlp, byPlace });
record("edited", { part: String(part.at), factor, results });

const [whole, after] = results;
check("the model hallucinates with a probability above one half", invents > 0.5);
check("the knowledge is carried from the known key", byPlace.at({ layer: 0 }).max() > 0.5);
check("on other keys the edit reduces hallucination", after["made up"] < 0.7 * whole["made up"]);
check("the edit preserves knowledge", after.known > 0.9 * whole.known);
