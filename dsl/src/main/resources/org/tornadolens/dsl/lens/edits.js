// Edits of weights: the matrices that an edit changes are copied, all others shared.
import { java, kindOf } from "./host.js";
import { integer, number, string } from "./checks.js";
import { printed } from "./format.js";
import { typeError } from "./mistakes.js";
import { optional, options } from "./options.js";
import { weightPart } from "./sites.js";
import { strict } from "./strict.js";
import { javaOf } from "./tensor.js";
import * as is from "./types.js";

const edits = java("edits");

let javaEdit;

class WeightEdit {
  #java;
  #text;

  static { javaEdit = one => one.#java; }

  constructor(java, text) {
    if (typeof text !== "string") {
      throw typeError("new WeightEdit(…) is not for scripts; use edit.scale(…), edit.zero(…) or edit.set(…)");
    }
    this.#java = java;
    this.#text = text;
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(WeightEdit);

function scaled(target, factor, where, text) {
  const { kind, selector, neurons } = weightPart(target, where);
  if (kind === "OV") return new WeightEdit(edits.scaleOv(selector, factor), text);
  if (kind === "QK") return new WeightEdit(edits.scaleQk(selector, factor), text);
  return new WeightEdit(edits.scaleNeurons(selector, neurons, factor), text);
}

class Edit {
  /** edit.scale(head("11.15").OV, 0.5) */
  scale(target, factor) {
    number(factor, "edit.scale's factor");
    return scaled(target, factor, "edit.scale's target", `scale ${target} by ${factor}`);
  }

  /** edit.zero(mlp(3).neurons(17)) */
  zero(target) { return scaled(target, 0, "edit.zero's target", `zero ${target}`); }

  /** edit.set("W_O", layer, head, tensor), edit.set("W_gate", layer, tensor), edit.set("W_E", tensor) */
  set(matrix, ...rest) {
    const numbers = rest.slice(0, -1);
    if (rest.length === 0 || numbers.length > 2) {
      throw typeError("edit.set takes a matrix, its layer and head where it has them, and a tensor, "
        + `not ${rest.length + 1} arguments`);
    }
    string(matrix, "edit.set's matrix");
    const what = ["edit.set's layer", "edit.set's head"];
    const [layer = -1, head = -1] = numbers.map((n, i) => integer(n, what[i], { from: 0 }));
    const tensor = javaOf(rest.at(-1), "edit.set's tensor");
    return new WeightEdit(edits.set(matrix, layer, head, tensor), `set ${[matrix, ...numbers].join(" ")}`);
  }
}
strict(Edit);

export const edit = new Edit();

/** The Java model with the edits that a script gives, one by one or in arrays. */
export const edited = (model, given) => edits.edit(model, given.flat(Infinity).map(one => {
  if (one instanceof WeightEdit) return javaEdit(one);
  throw typeError("model.edit takes edits, as edit.scale(…), edit.zero(…) and edit.set(…) make them, "
    + `not ${kindOf(one)}`);
}));

const saveOptions = options("SaveOptions", { dtype: optional(is.oneOf("f32", "f16", "bf16"), null) });

export function save(model, folder, given) {
  const { dtype } = saveOptions(given, "save");
  return edits.save(model, string(folder, "the name of the folder to save in"), dtype);
}
