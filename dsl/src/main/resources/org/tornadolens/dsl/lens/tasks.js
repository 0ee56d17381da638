// Tasks for small models: rows of tokens to train on, rows held out, and the corpus of the bundled model.
import { java } from "./host.js";
import { integer, object, string } from "./checks.js";
import { printed } from "./format.js";
import { rangeError, typeError } from "./mistakes.js";
import { javaModel, load } from "./model.js";
import { optional, options } from "./options.js";
import { seed as runSeed } from "./script.js";
import { facts, strict } from "./strict.js";
import { Tokens } from "./tokens.js";
import * as is from "./types.js";

const made = java("tasks");

const seed = optional(is.number, () => runSeed);
const split = otherwise => optional(is.oneOf("train", "heldOut"), otherwise);

const rowsOptions = options("RowsOptions", { split: split("train"), seed });
const taskOptions = options("TaskOptions", { rows: optional(is.integerFrom(1), 256), split: split("heldOut"), seed });

let javaTask;    // a task's Java object; null for anything else

class Task {
  #java;
  #words;

  static { javaTask = task => task instanceof Task ? task.#java : null; }

  constructor(java) {
    if (typeof java !== "object" || java === null) {
      throw typeError("new Task(…) is not for scripts; tasks.dyck(…) and the others make one");
    }
    this.#java = java;
  }

  get name() { return made.name(this.#java); }

  get vocabulary() { return this.#words ??= Object.freeze(["<unk>", "<s>", ...made.words(this.#java)]); }

  get length() { return made.length(this.#java); }

  get at() {
    const at = made.at(this.#java);
    return at === null ? undefined : Array.from(at);
  }

  id(word) {
    const words = this.vocabulary, id = words.indexOf(string(word, "a word"));
    if (id >= 0) return id;
    const some = words.slice(2, 12).join(" ") + (words.length > 12 ? " …" : "");
    throw rangeError(`${this.name} has no word ${JSON.stringify(word)}; its vocabulary is ${some}`);
  }

  rows(count, given) {
    const { split, seed } = rowsOptions(given, "rows");
    return new Tokens(made.rows(
      { task: this.#java, split, rows: integer(count, "rows's first argument", { from: 1 }), seed }));
  }

  accuracy(model, given) { return made.accuracy(this.#measured("accuracy", model, given)); }

  loss(model, given) { return made.loss(this.#measured("loss", model, given)); }

  #measured(what, model, given) {
    const { rows, split, seed } = taskOptions(given, what);
    return { task: this.#java, model: javaModel(model, `${what}'s first argument`), split, rows, seed };
  }

  toString() { return `task ${this.name}: rows of ${this.length} tokens, vocabulary of ${this.vocabulary.length}`; }

  [printed]() { return this.toString(); }
}
strict(Task);

class Text {}

let javaCorpus;    // the corpus's Java object; null for anything else

const documentsOptions = options("DocumentsOptions",
  { kind: optional(is.string), split: split("train"), seed });

/** Generated text: what the bundled model was trained on. */
class Corpus {
  #java;
  #pieces;

  static { javaCorpus = corpus => corpus instanceof Corpus ? corpus.#java : null; }

  constructor(java) {
    if (typeof java !== "object" || java === null) {
      throw typeError("new Corpus(…) is not for scripts; tasks.corpus(…) makes one");
    }
    this.#java = java;
  }

  get vocabulary() { return this.#pieces ??= Object.freeze(Array.from(made.pieces(this.#java))); }

  get kinds() { return Object.freeze(Array.from(made.kinds())); }

  documents(count, given) {
    const { kind, split, seed } = documentsOptions(given, "documents");
    const found = made.documents(
      { corpus: this.#java, kind, split, count: integer(count, "documents's first argument", { from: 1 }), seed });
    const plain = value => typeof value === "object" ? Object.freeze(Array.from(value)) : value;
    return Array.from(found, one => facts(Text, Object.fromEntries(
      Object.entries(one).map(([name, value]) => [name, plain(value)]))));
  }

  toString() { return `corpus of ${this.kinds.join(", ")}`; }

  [printed]() { return this.toString(); }
}
strict(Corpus);

const modularArithmeticOptions = options("ModularArithmeticOptions", {
  modulus: optional(is.integer, 113),
  operation: optional(is.oneOf("+", "-", "*"), "+"),
  share: optional(is.number, 0.3),
  seed,
});
const groupOptions = options("GroupOptions", { share: optional(is.number, 0.4), seed });
const dyckOptions = options("DyckOptions",
  { kinds: optional(is.integer, 2), length: optional(is.integer, 24), depth: optional(is.integer, 6) });
const letters = { letters: optional(is.integer, 26), length: optional(is.integer, 8) };
const reversalOptions = options("ReversalOptions", letters);
const copyingOptions = options("CopyingOptions", letters);
const sortingOptions = options("SortingOptions", letters);
const inductionOptions = options("InductionOptions",
  { letters: optional(is.integer, 64), length: optional(is.integer, 24) });
const recallOptions = options("RecallOptions",
  { keys: optional(is.integer, 16), values: optional(is.integer, 16), pairs: optional(is.integer, 6) });

const corpusOptions = options("CorpusOptions", {
  model: optional(is.declared("Model")),
  shares: optional(is.declared("{ [kind: string]: number }", (shares, what) => {
    object(shares, `${what} are numbers by kind of text, as in { stories: 2 }`);
    for (const [kind, share] of Object.entries(shares)) integer(share, `corpus's share of ${kind}`, { from: 0 });
    return shares;
  }), () => ({})),
  answer: optional(is.number, 10),
  free: optional(is.number, 0.5),
  tokens: optional(is.integerFrom(2), 2048),
});

class Tasks {
  modularArithmetic(given) { return new Task(made.modular(modularArithmeticOptions(given, "modularArithmetic"))); }

  group(name, given) {
    const { share, seed } = groupOptions(given, "group");
    return new Task(made.group(string(name, "a group's name"), share, seed));
  }

  dyck(given) {
    const { kinds, length, depth } = dyckOptions(given, "dyck");
    return new Task(made.dyck(kinds, length, depth));
  }

  reversal(given) {
    const { letters, length } = reversalOptions(given, "reversal");
    return new Task(made.reversal(letters, length));
  }

  copying(given) {
    const { letters, length } = copyingOptions(given, "copying");
    return new Task(made.copying(letters, length));
  }

  sorting(given) {
    const { letters, length } = sortingOptions(given, "sorting");
    return new Task(made.sorting(letters, length));
  }

  induction(given) {
    const { letters, length } = inductionOptions(given, "induction");
    return new Task(made.induction(letters, length));
  }

  recall(given) {
    const { keys, values, pairs } = recallOptions(given, "recall");
    return new Task(made.recall(keys, values, pairs));
  }

  corpus(given) {
    const { model = load(), ...content } = corpusOptions(given, "corpus");
    return new Corpus(made.corpus({ model: javaModel(model, "corpus's model"), ...content }));
  }
}
strict(Tasks);

export const tasks = new Tasks();

export { javaCorpus, javaTask };
