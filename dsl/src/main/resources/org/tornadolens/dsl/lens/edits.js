// Changed weights: copies of the matrices that an edit touches, everything else shared.
import { java, kindOf, oneOf, options } from "./host.js";
import { printed } from "./format.js";
import { integer, number, strict, string } from "./strict.js";
import { weightPart } from "./sites.js";
import { javaOf } from "./tensor.js";

const edits = java("edits");

let javaEdit;

class WeightEdit {
  #java;
  #text;

  static { javaEdit = one => one.#java; }

  constructor(java, text) {
    if (typeof text !== "string") throw new TypeError("new WeightEdit(…) is not for scripts; use edit.scale(…), edit.zero(…) or edit.set(…)");
    this.#java = java;
    this.#text = text;
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(WeightEdit);

function scaled(target, factor, where, text) {
  const { kind, selector, neurons } = weightPart(target, where);
  const java = kind === "OV" ? edits.scaleOv(selector, factor) : kind === "QK" ? edits.scaleQk(selector, factor) : edits.scaleNeurons(selector, neurons, factor);
  return new WeightEdit(java, text);
}

class Edit {
  /** edit.scale(head("11.15").OV, 0.5) */
  scale(target, factor) { return scaled(target, number(factor, "edit.scale's factor"), "edit.scale's target", `scale ${target} by ${factor}`); }

  /** edit.zero(mlp(3).neurons(17)) */
  zero(target) { return scaled(target, 0, "edit.zero's target", `zero ${target}`); }

  /** edit.set("W_O", layer, head, tensor), edit.set("W_gate", layer, tensor), edit.set("W_E", tensor) */
  set(matrix, ...rest) {
    const numbers = rest.slice(0, -1);
    if (rest.length === 0 || numbers.length > 2) throw new TypeError(`edit.set takes a matrix, its layer and head where it has them, and a tensor, not ${rest.length + 1} arguments`);
    const [layer = -1, head = -1] = numbers.map((n, i) => integer(n, i === 0 ? "edit.set's layer" : "edit.set's head", { from: 0 }));
    return new WeightEdit(edits.set(string(matrix, "edit.set's matrix"), layer, head, javaOf(rest.at(-1), "edit.set's tensor")), `set ${[matrix, ...numbers].join(" ")}`);
  }
}
strict(Edit);

export const edit = new Edit();

/** The Java model with edits, given one by one or in arrays. */
export const edited = (model, given) => edits.edit(model, given.flat(Infinity).map(one => {
  if (one instanceof WeightEdit) return javaEdit(one);
  throw new TypeError(`model.edit takes edits, as edit.scale(…), edit.zero(…) and edit.set(…) make them, not ${kindOf(one)}`);
}));

export function save(model, folder, given) {
  const { dtype } = options(given, ["dtype"], "save");
  return edits.save(model, string(folder, "the name of the folder to save in"), dtype === undefined ? null : oneOf(dtype, ["f32", "f16", "bf16"], "save's dtype"));
}
