// FactoredMatrix: a head's OV and QK circuits as products of two thin matrices, which are never multiplied out.
import { java, kindOf } from "./host.js";
import { integer, number } from "./checks.js";
import { printed } from "./format.js";
import { typeError } from "./mistakes.js";
import { optional, options } from "./options.js";
import { head as headOf, Head } from "./sites.js";
import { facts, strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import { tokenId } from "./tokens.js";
import * as is from "./types.js";

const matrices = java("factoredMatrices");

let javaOf;      // (value, words for it) => its Java side

class FactoredMatrix {
  #java;
  #model;

  static { javaOf = (value, what) => {
    if (typeof value === "object" && value !== null && #java in value) return value.#java;
    throw typeError(`${what} is a FactoredMatrix, as model.ov(…) and model.qk(…) make it, not ${kindOf(value)}`);
  }; }

  constructor(java, model) {
    if (typeof model !== "object" || model === null) {
      throw typeError("new FactoredMatrix(…) is not for scripts; model.ov(…) and model.qk(…) make them");
    }
    this.#java = java;
    this.#model = model;
  }

  get shape() { return Object.freeze(Array.from(matrices.shape(this.#java))); }

  get rank() { return matrices.rank(this.#java); }

  get left() { return new Tensor(matrices.left(this.#java)); }

  get right() { return new Tensor(matrices.right(this.#java)); }

  // ---- arithmetic

  times(other) { return this.#made(matrices.times(this.#java, javaOf(other, "times's argument"))); }

  add(other) { return this.#made(matrices.plus(this.#java, javaOf(other, "add's argument"))); }

  scale(factor) { return this.#made(matrices.scaled(this.#java, number(factor, "scale's factor"))); }

  transpose() { return this.#made(matrices.transpose(this.#java)); }

  full() { return this.#made(matrices.full(this.#java)); }

  #made(java) { return new FactoredMatrix(java, this.#model); }

  // ---- numbers

  norm() { return matrices.norm(this.#java); }

  trace() { return matrices.trace(this.#java); }

  copyingScore() { return matrices.copyingScore(this.#java); }

  svd() {
    const [U, S, V] = matrices.svd(this.#java);
    return facts(Svd, { U: new Tensor(U), S: new Tensor(S), V: new Tensor(V) });
  }

  eigenvalues() {
    const [re, im] = matrices.eigenvalues(this.#java);
    return facts(Eigenvalues, { re: new Tensor(re), im: new Tensor(im) });
  }

  // ---- over tokens

  dense(rows, columns = rows) {
    const ids = [this.#tokens(rows, "dense's rows"), this.#tokens(columns, "dense's columns")];
    return new Tensor(matrices.dense(this.#java, ...ids));
  }

  diagonal() { return new Tensor(matrices.diagonal(this.#java)); }

  top(k) {
    return Array.from(matrices.top(this.#java, integer(k, "top's count", { from: 1 })), ([row, column, value]) => {
      const [from, to] = Array.from(matrices.labels(this.#java, [row, column]));
      return { row, column, from, to, value };
    });
  }

  #tokens(tokens, what) {
    if (tokens === undefined) return null;
    if (!Array.isArray(tokens)) {
      throw typeError(`${what} are an array of tokens, as texts or as ids, not ${kindOf(tokens)}`);
    }
    return tokens.map(token => tokenId(token, this.#model, `each of ${what}`));
  }

  toString() { return matrices.describe(this.#java); }

  [printed]() { return this.toString(); }
}
strict(FactoredMatrix);

class Svd {}
strict(Svd);

class Eigenvalues {}
strict(Eigenvalues);

const one = (head, where) => {
  if (head instanceof Head) return head;
  if (typeof head === "string") return headOf(head);
  throw typeError(`${where} takes one head, as in "10.29" or head(10, 29), not ${kindOf(head)}`);
};

const fold = optional(is.boolean, false);
const ovOptions = options("OvOptions", { fold });
const qkOptions = options("QkOptions", { offset: optional(is.integer, 0), fold });

/** model.ov("10.29", { fold }) */
export function ovOf(model, name, given) {
  const { fold } = ovOptions(given, "ov");
  const { layer, head } = one(name, "ov");
  return new FactoredMatrix(matrices.ov({ model, layer, head, fold }), model);
}

/** model.qk("10.29", { offset, fold }) */
export function qkOf(model, name, given) {
  const { offset, fold } = qkOptions(given, "qk");
  const { layer, head } = one(name, "qk");
  return new FactoredMatrix(matrices.qk({ model, layer, head, offset, fold }), model);
}
