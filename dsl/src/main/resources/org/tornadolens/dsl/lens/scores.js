// What every head attends to, as tensors [layer, head].
import { java, options } from "./host.js";
import { integer, number, strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import { javaModel } from "./model.js";
import { seed as runSeed } from "./run.js";

const measure = java("scores");

const measured = new WeakMap();    // model → what its heads scored, by the tokens they were measured on

class Scores {
  firstToken(model, given) { return repeated("firstToken", model, given, 50, 2); }
  previousToken(model, given) { return repeated("previousToken", model, given, 50, 2); }
  currentToken(model, given) { return repeated("currentToken", model, given, 50, 2); }
  duplicateToken(model, given) { return repeated("duplicateToken", model, given, 50, 2); }
  induction(model, given) { return repeated("induction", model, given, 50, 2); }
  prefixMatching(model, given) { return repeated("prefixMatching", model, given, 25, 4); }

  copying(model) { return new Tensor(measure.copying(javaModel(model, "copying's argument"))); }
}
strict(Scores);

/** One run on the same tokens gives all the scores; asking for the next one costs nothing. */
function repeated(name, model, given, defaultLength, copies) {
  const java = javaModel(model, `${name}'s first argument`);
  const { length = defaultLength, batch = 4, seed = runSeed } = options(given, ["length", "batch", "seed"], name);
  integer(length, `${name}'s length`, { from: 1 });
  integer(batch, `${name}'s batch`, { from: 1 });
  const key = [length, batch, number(seed, `${name}'s seed`), copies].join();
  if (!measured.has(model)) measured.set(model, new Map());
  const known = measured.get(model);
  if (!known.has(key)) known.set(key, measure.patterns(java, batch, length, copies, seed));
  return new Tensor(known.get(key)[name]).copy();
}


export const scores = new Scores();
