// Writes what TornadoLens computes of a model as .npy files, for compare.py to compare with TransformerLens and Hugging
// Face transformers; docs/validation.md tells how.
//
//   lens run benchmarks/validation/values.js --model FILE.gguf --out FOLDER
import { attribution, composition, head, load, logitLens, metric, patching, record, scores, tensor } from "lens";

const model = load();
const { nLayers } = model.config;
const save = (name, values) => values.save(`${name}.npy`);

// ---- tokens

const texts = [
  "The capital of France is",
  "Hello world! 12345",
  "  several   spaces,\n\na tab\tand a new line\n",
  "Café déjà vu, naïve — “quoted” 東京 привет 🙂",
  "def f(x):\n    return x ** 2  # don't, we'll, it's",
];
record("texts", texts);
record("ids of texts", texts.map(text => model.tokens(text).row(0)));

const conversation = [
  { role: "system", content: "You answer briefly." },
  { role: "user", content: "Which river runs through Paris?" },
];
record("conversation", conversation);
record("ids of conversation", model.chat(conversation).row(0));

// ---- indirect object identification: two prompts of one length, with names that are one token each

const isOneToken = text => model.tokens(text, { bos: false }).length === 1;
const names = [" Mary", " John", " Tom", " James", " Anna", " Sarah", " Paul", " Mark", " Jack", " Kate"];
const known = names.filter(isOneToken);
const pairs = [0, 1].map(i => [known[2 * i], known[2 * i + 1]]).filter(pair => pair[1]);
const prompt = (a, b, giver) => `When${a} and${b} went to the store,${giver} gave a drink to`;
const clean = model.tokens(pairs.map(([a, b]) => prompt(a, b, b)));
const corrupted = model.tokens(pairs.map(([a, b]) => prompt(a, b, a)));
const answer = { correct: pairs.map(pair => pair[0]), wrong: pairs.map(pair => pair[1]) };
const difference = metric.logitDiff(answer);

record("clean", clean.toArray());
record("corrupted", corrupted.toArray());
record("answers", pairs.map(pair => pair.map(name => model.token(name))));

// ---- every hook point of three layers, and those outside layers

const layers = [0, Math.floor(nLayers / 2), nLayers - 1];
const kept = name => !name.startsWith("blocks.") || layers.some(layer => name.startsWith(`blocks.${layer}.`));
const run = model.run(clean, { cache: kept, loss: true });
save("logits", run.logits);
save("loss", run.loss);
save("logit difference", difference.of(run));
record("hooks", run.cache.names);
for (const name of run.cache.names) save(`hooks/${name}`, run.cache.get(name));

// ---- a longer text, and rows of different lengths

const passage =
  "The lighthouse stood at the end of a long stone pier. Every evening the keeper climbed the two hundred and " +
  "twelve steps, trimmed the lamp and wrote the weather into a book: wind from the west, light rain, three " +
  "ships in sight. On the ninth of March the book says only that the sea was calm. The next page is missing. " +
  "People in the village still argue about it. Some say that the keeper had seen a fourth ship, without lights, " +
  "and had rowed out to it; others, that the damp had spoiled the page and that the keeper, who was a tidy man, " +
  "had torn it out. His daughter, who kept the light after him, used to answer that the lighthouse had two " +
  "hundred and twelve steps, and that a man who climbs two hundred and twelve steps every evening does not row " +
  "out to strange ships.";
const long = model.tokens(passage);
const reading = model.run(long, { loss: true, cache: `blocks.${layers[1]}.attn.hook_pattern` });
record("passage", long.toArray());
save("passage logits", reading.logits);
save("passage loss", reading.loss);
save("passage pattern", reading.cache.get(`blocks.${layers[1]}.attn.hook_pattern`));

const uneven = model.tokens([texts[0], prompt(...pairs[0], pairs[0][1]), "Once upon a time"]);
record("uneven", uneven.toArray());
save("uneven logits", model.run(uneven, { at: -1 }).logits);

// ---- attribution

save("direct by head", attribution.direct(run, { ...answer, by: "head" }));
save("direct by component", attribution.direct(run, { ...answer, by: "component" }));
save("logit lens", logitLens(run, { token: answer.correct }).token.logit);

// ---- patching

const experiment = { clean, corrupted, metric: difference };
const patched = (site, ...by) =>
  save(`patch/${site} by ${by.join(" ")}`, patching.activation(model, { ...experiment, site, by }));
patched("resid_pre", "layer", "pos");
patched("attn_out", "layer", "pos");
patched("mlp_out", "layer", "pos");
patched("z", "layer", "head");
patched("v", "layer", "head");
patched("pattern", "layer", "head");

save("path to logits", patching.path(model, { ...experiment, receivers: "logits" }));
const mover = attribution.direct(run, { ...answer, by: "head" }).mean("batch").top(1)[0];
record("receiver", [mover.layer, mover.head]);
save("path to q", patching.path(model, { ...experiment, receivers: head(mover.layer, mover.head).q }));

save("attribution patching by head", patching.attribution(model, { ...experiment, by: "head" }));

// ---- weights alone, and scores

for (const kind of ["Q", "K", "V"]) save(`composition/${kind}`, composition(model, { kind }));
for (const layer of layers)
  for (const matrix of ["W_Q", "W_K", "W_V", "W_O", "W_gate", "W_up", "W_down"])
    save(`weights/${layer} ${matrix}`, model.weights[matrix](layer));
save("weights/W_E", model.weights.W_E);

const repeated = { batch: 4, length: 50, seed: 1 };
record("repeated", model.random({ ...repeated, repeat: 2 }).toArray());
for (const score of ["induction", "previousToken", "duplicateToken", "currentToken", "firstToken"])
  save(`score/${score}`, scores[score](model, repeated));
save("score/copying", scores.copying(model));

// ---- generation

for (const [name, start] of [["text", texts[0]], ["conversation", model.chat(conversation).row(0)]]) {
  const { tokens, logProbs } = model.generate(start, { max: 30, temperature: 0, logProbs: true });
  record(`generated ${name}`, tokens.toArray());
  save(`generated ${name} log-probabilities`, tensor(logProbs.map(choice => choice.logProb), ["pos"]));
}
