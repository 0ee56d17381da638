// Tasks that small models can learn: rows of tokens to train on, and others that are held out.
import { java, oneOf, options } from "./host.js";
import { printed } from "./format.js";
import { facts, integer, number, strict, string } from "./strict.js";
import { Tokens } from "./tokens.js";
import { javaModel, load } from "./model.js";
import { seed as runSeed } from "./run.js";

const made = java("tasks");

let javaTask;    // a task's Java object; null for anything else

class Task {
  #java;
  #words;

  static { javaTask = task => task instanceof Task ? task.#java : null; }

  constructor(java) {
    if (typeof java !== "object" || java === null) throw new TypeError("new Task(…) is not for scripts; tasks.dyck(…) and the others make one");
    this.#java = java;
  }

  get name() { return made.name(this.#java); }

  /** The piece of every id */
  get vocabulary() { return this.#words ??= Object.freeze(["<unk>", "<s>", ...made.words(this.#java)]); }

  /** Tokens of a row */
  get length() { return made.length(this.#java); }

  /** The positions whose next token counts; undefined where they differ from row to row */
  get at() {
    const at = made.at(this.#java);
    return at === null ? undefined : Array.from(at);
  }

  /** The id of a word */
  id(word) {
    const id = this.vocabulary.indexOf(string(word, "a word"));
    if (id < 0) throw new RangeError(`${this.name} has no word ${JSON.stringify(word)}; its vocabulary is ${this.vocabulary.slice(2, 12).join(" ")}${this.vocabulary.length > 12 ? " …" : ""}`);
    return id;
  }

  /** Rows to train on, or rows that training never sees */
  rows(count, given) {
    const { split = "train", seed = runSeed } = options(given, ["split", "seed"], "rows");
    return new Tokens(made.rows(this.#java, isHeldOut(split, "rows's split"), integer(count, "rows's first argument", { from: 1 }), number(seed, "rows's seed")));
  }

  /** The share of the guesses that count whose likeliest token is the right one */
  accuracy(model, given) { return this.#measured("accuracy", model, given); }

  /** Mean loss of the guesses that count */
  loss(model, given) { return this.#measured("loss", model, given); }

  #measured(what, model, given) {
    const { rows = 256, split = "heldOut", seed = runSeed } = options(given, ["rows", "split", "seed"], "task");
    return made[what](this.#java, javaModel(model, `${what}'s first argument`), isHeldOut(split, `${what}'s split`), integer(rows, `${what}'s rows`, { from: 1 }), number(seed, `${what}'s seed`));
  }

  toString() { return `task ${this.name}: rows of ${this.length} tokens, vocabulary of ${this.vocabulary.length}`; }

  [printed]() { return this.toString(); }
}
strict(Task);

const isHeldOut = (split, what) => oneOf(split, ["train", "heldOut"], what) === "heldOut";

class Text {}

let javaCorpus;    // the corpus's Java object; null for anything else

/** Generated text: what the bundled model was trained on. */
class Corpus {
  #java;
  #pieces;

  static { javaCorpus = corpus => corpus instanceof Corpus ? corpus.#java : null; }

  constructor(java) {
    if (typeof java !== "object" || java === null) throw new TypeError("new Corpus(…) is not for scripts; tasks.corpus(…) makes one");
    this.#java = java;
  }

  /** The piece of every id */
  get vocabulary() { return this.#pieces ??= Object.freeze(Array.from(made.pieces(this.#java))); }

  /** The kinds of text there are */
  get kinds() { return Object.freeze(Array.from(made.kinds())); }

  /** Documents of one kind, or of the mixture, that training may meet or never sees */
  documents(count, given) {
    const { kind, split = "train", seed = runSeed } = options(given, ["kind", "split", "seed"], "documents");
    const found = made.documents(this.#java, kind === undefined ? null : string(kind, "documents's kind"), isHeldOut(split, "documents's split"),
      integer(count, "documents's first argument", { from: 1 }), number(seed, "documents's seed"));
    return Array.from(found, one => facts(Text, Object.fromEntries(Object.entries(one).map(([name, value]) => [name, typeof value === "object" ? Object.freeze(Array.from(value)) : value]))));
  }

  toString() { return `corpus of ${this.kinds.join(", ")}`; }

  [printed]() { return this.toString(); }
}
strict(Corpus);

class Tasks {
  /** a b = c for every pair of numbers below `modulus`, a share of them to train on */
  modularArithmetic(given) {
    const { modulus = 113, operation = "+", share = 0.3, seed = runSeed } = options(given, ["modulus", "operation", "share", "seed"], "modularArithmetic");
    return new Task(made.modular(string(operation, "modularArithmetic's operation"), integer(modulus, "modularArithmetic's modulus"), number(share, "modularArithmetic's share"), number(seed, "modularArithmetic's seed")));
  }

  /** a b = ab for every pair of elements of a group: "S4", "D5", "C7" */
  group(name, given) {
    const { share = 0.4, seed = runSeed } = options(given, ["share", "seed"], "group");
    return new Task(made.group(string(name, "a group's name"), number(share, "group's share"), number(seed, "group's seed")));
  }

  /** Balanced brackets */
  dyck(given) {
    const { kinds = 2, length = 24, depth = 6 } = options(given, ["kinds", "length", "depth"], "dyck");
    return new Task(made.dyck(integer(kinds, "dyck's kinds"), integer(length, "dyck's length"), integer(depth, "dyck's depth")));
  }

  /** a b c | c b a */
  reversal(given) {
    const { letters = 26, length = 8 } = options(given, ["letters", "length"], "reversal");
    return new Task(made.reversal(integer(letters, "reversal's letters"), integer(length, "reversal's length")));
  }

  /** a b c | a b c */
  copying(given) {
    const { letters = 26, length = 8 } = options(given, ["letters", "length"], "copying");
    return new Task(made.copying(integer(letters, "copying's letters"), integer(length, "copying's length")));
  }

  /** c a b | a b c */
  sorting(given) {
    const { letters = 26, length = 8 } = options(given, ["letters", "length"], "sorting");
    return new Task(made.sorting(integer(letters, "sorting's letters"), integer(length, "sorting's length")));
  }

  /** Random tokens, once more */
  induction(given) {
    const { letters = 64, length = 24 } = options(given, ["letters", "length"], "induction");
    return new Task(made.induction(integer(letters, "induction's letters"), integer(length, "induction's length")));
  }

  /** Pairs of a key and a value, then one of the keys */
  recall(given) {
    const { keys = 16, values = 16, pairs = 6 } = options(given, ["keys", "values", "pairs"], "recall");
    return new Task(made.recall(integer(keys, "recall's keys"), integer(values, "recall's values"), integer(pairs, "recall's pairs")));
  }

  /** The generated text that the bundled model was trained on, one document a row */
  corpus(given) {
    const { model, shares = {}, answer = 10, free = 0.5, tokens = 2048 } = options(given, ["model", "shares", "answer", "free", "tokens"], "corpus");
    const flat = Object.entries(shares).flatMap(([kind, share]) => [kind, integer(share, `corpus's share of ${kind}`, { from: 0 })]);
    return new Corpus(made.corpus(javaModel(model ?? load(), "corpus's model"), flat, number(answer, "corpus's answer"), number(free, "corpus's free"), integer(tokens, "corpus's tokens", { from: 2 })));
  }
}
strict(Tasks);

export const tasks = new Tasks();

export { javaCorpus, javaTask };