// Tensors: arrays of numbers with named axes. Whole-tensor operations run in Java; `data` is the same memory.
import { java, kindOf } from "./host.js";
import { integer, isList, nonempty, number, object, string } from "./checks.js";
import { printed } from "./format.js";
import { rangeError, typeError } from "./mistakes.js";
import { optional, options } from "./options.js";
import { strict } from "./strict.js";
import * as is from "./types.js";

const tensors = java("tensors");
const files = java("tensorFiles");

const sortOptions = options("SortOptions", { descending: optional(is.boolean, false) });

let javaOf;

export class Tensor {
  #java;
  #axes;
  #shape;
  #data;

  static { javaOf = (tensor, what) => {
    if (typeof tensor === "object" && tensor !== null && #java in tensor) return tensor.#java;
    throw typeError(`${what} is a Tensor, not ${kindOf(tensor)}`);
  }; }

  constructor(java) {
    if (typeof java !== "object" || java === null || Array.isArray(java)) {
      throw typeError("new Tensor(…) is not for scripts; tensor(values, axes) makes one");
    }
    this.#java = java;
  }

  get axes() { return this.#axes ??= Object.freeze(Array.from(tensors.axes(this.#java))); }

  get shape() { return this.#shape ??= Object.freeze(Array.from(tensors.sizes(this.#java))); }

  get data() { return this.#data ??= new Float32Array(tensors.buffer(this.#java)); }

  // ---- elements

  get(...index) {
    if (index.length === 1 && typeof index[0] === "object") return this.#at(index[0], "get").item();
    return tensors.get(this.#java, index.map(i => integer(i, "an index")));
  }

  set(...indexAndValue) {
    const value = indexAndValue.pop(), index = indexAndValue;
    if (index.length === 1 && typeof index[0] === "object") {
      this.#at(index[0], "set").fill(value);
    } else if (index.length === 0) {
      this.fill(value);
    } else {
      number(value, "set's last argument, the value,");
      tensors.set(this.#java, index.map(i => integer(i, "an index")), value);
    }
    return this;
  }

  fill(value) {
    if (typeof value === "number") tensors.fill(this.#java, value);
    else tensors.assign(this.#java, javaOf(value, "what a tensor is filled with"));
    return this;
  }

  item() { return tensors.item(this.#java); }

  copy() { return new Tensor(tensors.copy(this.#java)); }

  toArray() {
    const data = (tensors.contiguous(this.#java) ? this : this.copy()).data;
    const shape = this.shape;
    let at = 0;
    const nested = axis => axis === shape.length ? data[at++]
      : Array.from({ length: shape[axis] }, () => nested(axis + 1));
    return nested(0);
  }

  // ---- views

  at(indices) { return this.#at(indices, "at"); }

  #at(indices, where) {
    object(indices, `${where} takes indices by axis, as in { ${this.axes[0] ?? "pos"}: -1 }`);
    const axes = Object.keys(indices);
    return new Tensor(tensors.at(this.#java, axes, axes.map(axis => integer(indices[axis], `the index of ${axis}`))));
  }

  slice(ranges) {
    object(ranges, `slice takes ranges by axis, as in { ${this.axes[0] ?? "pos"}: [5, 10] }`);
    let java = this.#java;
    for (const [axis, range] of Object.entries(ranges)) {
      const size = tensors.size(java, axis);
      if (!Array.isArray(range) || range.length < 1 || range.length > 2) {
        throw typeError(`slice takes ${axis} as [from, to] or [from], not ${kindOf(range)}`);
      }
      const [from, to = size] = range.map(i => integer(i, `the range of ${axis}`));
      java = tensors.slice(java, axis, from, to);
    }
    return new Tensor(java);
  }

  transpose(...axes) { return new Tensor(tensors.transpose(this.#java, names(axes, "transpose"))); }

  reshape(sizes) {
    object(sizes, "reshape takes sizes by axis, as in { layer: 4, head: 8 }");
    const axes = Object.keys(sizes);
    const all = axes.map(axis => integer(sizes[axis], `the size of ${axis}`, { from: 1 }));
    return new Tensor(tensors.reshape(this.#java, axes, all));
  }

  rename(newNames) {
    object(newNames, "rename takes new names by axis, as in { src: \"pos\" }");
    let java = this.#java;
    for (const [axis, name] of Object.entries(newNames)) {
      java = tensors.rename(java, axis, string(name, `the new name of ${axis}`));
    }
    return new Tensor(java);
  }

  diagonal(offset = 0) { return new Tensor(tensors.diagonal(this.#java, integer(offset, "the diagonal's offset"))); }

  gather(axis, indices) {
    const list = nonempty(indices, "gather's indices").map(i => integer(i, "each of gather's indices"));
    return new Tensor(tensors.gather(this.#java, string(axis, "gather's axis"), list));
  }

  /** Rows along the first axis; numbers of a tensor with one axis. */
  *[Symbol.iterator]() {
    const [axis] = this.axes, [size] = this.shape;
    if (axis === undefined) throw typeError("a Tensor without axes has no rows to go through: use .item()");
    for (let i = 0; i < size; i++) yield this.shape.length === 1 ? this.get(i) : this.at({ [axis]: i });
  }

  // ---- padding

  get mask() {
    const mask = tensors.mask(this.#java);
    return mask === null ? undefined : new Tensor(mask);
  }

  masked(mask) { return new Tensor(tensors.masked(this.#java, javaOf(mask, "masked's argument"))); }

  filled(value) { return new Tensor(tensors.filled(this.#java, number(value, "filled's argument"))); }

  // ---- arithmetic

  add(other) { return this.#binary("add", other); }
  sub(other) { return this.#binary("sub", other); }
  mul(other) { return this.#binary("mul", other); }
  div(other) { return this.#binary("div", other); }
  pow(other) { return this.#binary("pow", other); }
  gt(other) { return this.#binary("gt", other); }
  ge(other) { return this.#binary("ge", other); }
  lt(other) { return this.#binary("lt", other); }
  le(other) { return this.#binary("le", other); }
  eq(other) { return this.#binary("eq", other); }

  #binary(operation, other) {
    if (typeof other === "number") return new Tensor(tensors.binaryNumber(operation, this.#java, other));
    return new Tensor(tensors.binary(operation, this.#java, javaOf(other, `${operation}'s argument`)));
  }

  outer(other) { return this.#product("outer", other); }
  dot(other) { return this.#product("dot", other); }
  matmul(other) { return this.#product("matmul", other); }

  #product(operation, other) {
    return new Tensor(tensors.binary(operation, this.#java, javaOf(other, `${operation}'s argument`)));
  }

  abs() { return new Tensor(tensors.unary("abs", this.#java)); }
  exp() { return new Tensor(tensors.unary("exp", this.#java)); }
  log() { return new Tensor(tensors.unary("log", this.#java)); }
  sqrt() { return new Tensor(tensors.unary("sqrt", this.#java)); }
  neg() { return new Tensor(tensors.unary("neg", this.#java)); }
  relu() { return new Tensor(tensors.unary("relu", this.#java)); }
  sigmoid() { return new Tensor(tensors.unary("sigmoid", this.#java)); }

  clip(min, max) {
    return new Tensor(tensors.clip(this.#java, number(min, "clip's minimum"), number(max, "clip's maximum")));
  }

  map(change) {
    if (typeof change !== "function") throw typeError(`map takes a function x => number, not ${kindOf(change)}`);
    const result = this.copy(), data = result.data, real = this.mask && result.fill(1).filled(0).data;
    const given = this.copy().data;
    for (let i = 0; i < data.length; i++) {
      data[i] = real && real[i] === 0 ? given[i] : number(change(given[i]), "what map's function returns");
    }
    return result;
  }

  // ---- along one axis

  cumsum(axis) { return new Tensor(tensors.cumsum(this.#java, string(axis, "cumsum's axis"))); }

  sort(axis, given) {
    const { descending } = sortOptions(given, "sort");
    return new Tensor(tensors.sort(this.#java, string(axis, "sort's axis"), descending));
  }

  cosine(other, axis) {
    const java = javaOf(other, "cosine's first argument");
    return new Tensor(tensors.cosine(this.#java, java, string(axis, "cosine's axis")));
  }

  softmax(axis) { return new Tensor(tensors.softmax(this.#java, string(axis, "softmax's axis"))); }

  // ---- reductions: a number without an axis, a Tensor with one

  sum(...axes) { return this.#reduce("sum", axes); }
  mean(...axes) { return this.#reduce("mean", axes); }
  std(...axes) { return this.#reduce("std", axes); }
  max(...axes) { return this.#reduce("max", axes); }
  min(...axes) { return this.#reduce("min", axes); }
  argmax(...axes) { return this.#reduce("argmax", axes); }
  norm(...axes) { return this.#reduce("norm", axes); }

  #reduce(reduction, axes) {
    const over = names(axes, reduction);
    if (over.length === 0) return tensors.reduceAll(reduction, this.#java);
    return new Tensor(tensors.reduce(reduction, this.#java, over));
  }

  top(k) {
    const axes = this.axes;
    return Array.from(tensors.top(this.#java, integer(k, "top's count", { from: 1 })), ([value, ...at]) => {
      const index = Object.freeze(Object.fromEntries(axes.map((axis, i) => [axis, at[i]])));
      return Object.defineProperty({ ...index, value }, "index", { value: index });
    });
  }

  save(file) {
    files.save(this.#java, string(file, "the name of a tensor's file"));
    return this;
  }

  // ---- as text and as a number

  [printed]() { return tensors.print(this.#java); }

  toString() { return tensors.print(this.#java); }

  toJSON() { return this.toArray(); }

  [Symbol.toPrimitive](hint) {
    if (hint === "string") return this.toString();
    if (this.shape.length === 0) return this.item();
    throw typeError(`operators take numbers, not a Tensor [${this.axes.join(", ")}]: use .add, .sub, .mul, .div, `
      + ".neg, .gt, .lt and its other methods, reduce it, as in .max(), or take one element with .get(…); "
      + "in `${…}` it is text");
  }
}
strict(Tensor);

/** Axis names, given one by one or as one array. */
function names(axes, where) {
  return axes.flat().map(axis => string(axis, `${where}'s axis`));
}

export { javaOf };

/** A tensor of nested arrays with the names of their axes, or of any list of numbers with the sizes of its axes. */
export function tensor(values, axes) {
  if (typeof axes === "string") axes = [axes];
  const sizes = Array.isArray(axes) ? nestedSizes(values, axes) : Object.values(
    object(axes, 'tensor takes axes as names, ["layer", "head"], or as sizes, { layer: 4, head: 8 }'));
  const axisNames = Array.isArray(axes) ? axes : Object.keys(axes);
  for (const size of sizes) integer(size, "an axis's size", { from: 1 });
  const made = new Tensor(tensors.zeros(axisNames.map(axis => string(axis, "an axis's name")), sizes));
  if (typeof values === "number") return made.fill(values);
  const flat = Array.isArray(values) ? values.flat(Infinity) : values;
  if (!isList(flat)) throw typeError(`tensor takes numbers, in arrays, not ${kindOf(values)}`);
  const data = made.data;
  if (flat.length !== data.length) {
    throw rangeError(`tensor: ${flat.length} numbers do not fill [${shapeText(axisNames, sizes)}], `
      + `which takes ${data.length}`);
  }
  for (let i = 0; i < flat.length; i++) data[i] = number(flat[i], "a tensor's element");
  return made;
}

const javaOfEach = (given, where) =>
  nonempty(given, `${where}'s tensors`).map(one => javaOf(one, `each of ${where}'s tensors`));

/** concat([a, b], "pos"): tensors one after the other along an axis that they have */
export function concat(given, axis) {
  return new Tensor(tensors.concat(javaOfEach(given, "concat"), string(axis, "concat's axis")));
}

/** stack([a, b], "layer"): tensors of one shape along a new first axis */
export function stack(given, axis) {
  return new Tensor(tensors.stack(javaOfEach(given, "stack"), string(axis, "stack's axis")));
}

/** einsum("batch pos dModel, dModel dVocab -> batch pos dVocab", a, b) */
export function einsum(axes, ...given) {
  string(axes, "einsum's first argument");
  return new Tensor(tensors.einsum(axes, javaOfEach(given, "einsum")));
}

const shapeText = (axes, sizes) => axes.map((axis, i) => `${axis} ${sizes[i]}`).join(", ");

/** loadTensor("x.npy") or loadTensor("x.safetensors", "name"), the name only if the file holds several. */
export function loadTensor(file, name) {
  const tensorName = name === undefined ? null : string(name, "the name of a tensor");
  return new Tensor(files.load(string(file, "the name of a tensor's file"), tensorName));
}

function nestedSizes(values, axes) {
  const sizes = [];
  for (let level = values; sizes.length < axes.length; level = level[0]) {
    if (!isList(level)) {
      throw rangeError(`tensor: the values are nested ${sizes.length} deep, `
        + `but there are ${axes.length} axes (${axes.join(", ")})`);
    }
    sizes.push(level.length);
  }
  const regular = (level, depth) => depth === sizes.length
    ? typeof level === "number"
    : level?.length === sizes[depth] && Array.prototype.every.call(level, inner => regular(inner, depth + 1));
  if (!regular(values, 0)) {
    throw rangeError(`tensor: the values do not form [${shapeText(axes, sizes)}]: `
      + "rows differ in length, in depth, or are not numbers");
  }
  return sizes;
}
