// Composition: how much of what one head writes a later head reads, from weights alone.
import { java, kindOf } from "./host.js";
import { typeError } from "./mistakes.js";
import { javaModel } from "./model.js";
import { optional, options, required } from "./options.js";
import { Heads, heads } from "./sites.js";
import { Tensor } from "./tensor.js";
import * as is from "./types.js";

const compositions = java("composition");

const someHeads = is.declared("Heads | string | Head[]", (value, what) => {
  if (value instanceof Heads) return value;
  if (typeof value === "string" || Array.isArray(value)) return heads(value);
  throw typeError(`${what} are heads, as in heads("1.*"), not ${kindOf(value)}`);
});

const compositionOptions = options("CompositionOptions", {
  kind: required(is.oneOf("Q", "K", "V"), 'a kind, how the later head reads: "Q", "K" or "V"'),
  from: optional(someHeads, () => heads()),
  to: optional(someHeads, () => heads()),
  offset: optional(is.integer, 0),
  baseline: optional(is.boolean, false),
  fold: optional(is.boolean, false),
});

/** composition(model, { kind: "K", from: heads("1.*"), to: heads("2-3.*"), offset, baseline, fold }) */
export function composition(model, given) {
  const { from, to, ...how } = compositionOptions(given, "composition");
  return new Tensor(compositions.of(
    { model: javaModel(model, "composition's first argument"), from: String(from), to: String(to), ...how }));
}
