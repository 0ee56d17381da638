// Head scores: what every head attends to, and whether it copies, as tensors [layer, head].
import { java } from "./host.js";
import { javaModel } from "./model.js";
import { optional, options } from "./options.js";
import { seed as runSeed } from "./script.js";
import { strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import * as is from "./types.js";

const measure = java("scores");

const measured = new WeakMap();    // model → the scores of its heads, by the tokens they were measured on

const scoreOptions = options("ScoreOptions", {
  length: optional(is.integerFrom(1)),
  batch: optional(is.integerFrom(1), 4),
  seed: optional(is.number, () => runSeed),
});

class Scores {
  firstToken(model, given) { return repeated("firstToken", model, given); }
  previousToken(model, given) { return repeated("previousToken", model, given); }
  currentToken(model, given) { return repeated("currentToken", model, given); }
  duplicateToken(model, given) { return repeated("duplicateToken", model, given); }
  induction(model, given) { return repeated("induction", model, given); }
  prefixMatching(model, given) { return repeated("prefixMatching", model, given, { segment: 25, copies: 4 }); }

  copying(model) { return new Tensor(measure.copying(javaModel(model, "copying's argument"))); }
}
strict(Scores);

/** One run on the same tokens gives all the scores; asking for the next one costs nothing. */
function repeated(name, model, given, { segment = 50, copies = 2 } = {}) {
  const java = javaModel(model, `${name}'s first argument`);
  const { length = segment, batch, seed } = scoreOptions(given, name);
  const key = [length, batch, seed, copies].join();
  if (!measured.has(model)) measured.set(model, new Map());
  const known = measured.get(model);
  if (!known.has(key)) known.set(key, measure.patterns({ model: java, batch, length, copies, seed }));
  return new Tensor(known.get(key)[name]).copy();
}

export const scores = new Scores();
