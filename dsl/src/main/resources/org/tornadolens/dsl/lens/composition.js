// How much of what one head writes a later one reads.
import { java, kindOf, oneOf, options } from "./host.js";
import { boolean, integer } from "./strict.js";
import { Heads, heads } from "./sites.js";
import { Tensor } from "./tensor.js";
import { javaModel } from "./model.js";

const circuits = java("circuits");

/** composition(model, { kind: "K", from: heads("1.*"), to: heads("2-3.*"), offset, baseline, fold }) */
export function composition(model, given) {
  const { kind, from = heads(), to = heads(), offset = 0, baseline = false, fold = false } =
    options(given, ["kind", "from", "to", "offset", "baseline", "fold"], "composition");
  return new Tensor(circuits.composition(javaModel(model, "composition's first argument"), oneOf(kind, ["Q", "K", "V"], "composition's kind"),
    String(headsOf(from, "composition's from")), String(headsOf(to, "composition's to")), integer(offset, "composition's offset"),
    boolean(fold, "composition's fold"), boolean(baseline, "composition's baseline")));
}

function headsOf(value, what) {
  if (value instanceof Heads) return value;
  if (typeof value === "string" || Array.isArray(value)) return heads(value);
  throw new TypeError(`${what} are heads, as in heads("1.*"), not ${kindOf(value)}`);
}
