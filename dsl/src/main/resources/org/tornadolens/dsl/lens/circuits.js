// What a head does with the residual stream, as a matrix in factors.
import { java, kindOf, options } from "./host.js";
import { printed } from "./format.js";
import { boolean, facts, integer, number, strict } from "./strict.js";
import { head as headOf, Head } from "./sites.js";
import { Tensor } from "./tensor.js";
import { tokenId } from "./tokens.js";

const circuits = java("circuits");

let circuit;      // (value, what it is) => its Java side

class FactoredMatrix {
  #java;
  #model;

  static { circuit = (value, what) => {
    if (typeof value === "object" && value !== null && #java in value) return value.#java;
    throw new TypeError(`${what} is a FactoredMatrix, as model.ov(…) and model.qk(…) make it, not ${kindOf(value)}`);
  }; }

  constructor(java, model) {
    if (typeof model !== "object" || model === null) throw new TypeError("new FactoredMatrix(…) is not for scripts; model.ov(…) and model.qk(…) make them");
    this.#java = java;
    this.#model = model;
  }

  get shape() { return Object.freeze(Array.from(circuits.shape(this.#java))); }

  get rank() { return circuits.rank(this.#java); }

  get left() { return new Tensor(circuits.left(this.#java)); }

  get right() { return new Tensor(circuits.right(this.#java)); }

  // ---- arithmetic

  times(other) { return this.#made(circuits.times(this.#java, circuit(other, "times's argument"))); }

  add(other) { return this.#made(circuits.plus(this.#java, circuit(other, "add's argument"))); }

  scale(factor) { return this.#made(circuits.scaled(this.#java, number(factor, "scale's factor"))); }

  transpose() { return this.#made(circuits.transpose(this.#java)); }

  full() { return this.#made(circuits.full(this.#java)); }

  #made(java) { return new FactoredMatrix(java, this.#model); }

  // ---- numbers

  norm() { return circuits.norm(this.#java); }

  trace() { return circuits.trace(this.#java); }

  copyingScore() { return circuits.copyingScore(this.#java); }

  svd() {
    const [U, S, V] = circuits.svd(this.#java);
    return facts(Svd, { U: new Tensor(U), S: new Tensor(S), V: new Tensor(V) });
  }

  eigenvalues() {
    const [re, im] = circuits.eigenvalues(this.#java);
    return facts(Eigenvalues, { re: new Tensor(re), im: new Tensor(im) });
  }

  // ---- over tokens

  dense(rows, columns = rows) {
    return new Tensor(circuits.dense(this.#java, this.#tokens(rows, "dense's rows"), this.#tokens(columns, "dense's columns")));
  }

  diagonal() { return new Tensor(circuits.diagonal(this.#java)); }

  top(k) {
    return Array.from(circuits.top(this.#java, integer(k, "top's count", { from: 1 })), ([row, column, value]) => {
      const [from, to] = Array.from(circuits.labels(this.#java, [row, column]));
      return { row, column, from, to, value };
    });
  }

  #tokens(tokens, what) {
    if (tokens === undefined) return null;
    if (!Array.isArray(tokens)) throw new TypeError(`${what} are an array of tokens, as texts or as ids, not ${kindOf(tokens)}`);
    return tokens.map(token => tokenId(token, this.#model, `each of ${what}`));
  }

  toString() { return circuits.describe(this.#java); }

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
  throw new TypeError(`${where} takes one head, as in "10.29" or head(10, 29), not ${kindOf(head)}`);
};

/** model.ov("10.29", { fold }) */
export function ovOf(model, name, given) {
  const { fold = false } = options(given, ["fold"], "ov");
  const { layer, head } = one(name, "ov");
  return new FactoredMatrix(circuits.ov(model, layer, head, boolean(fold, "ov's fold")), model);
}

/** model.qk("10.29", { offset, fold }) */
export function qkOf(model, name, given) {
  const { offset = 0, fold = false } = options(given, ["offset", "fold"], "qk");
  const { layer, head } = one(name, "qk");
  return new FactoredMatrix(circuits.qk(model, layer, head, integer(offset, "qk's offset"), boolean(fold, "qk's fold")), model);
}
