// Interventions: declared changes of a model's values.
import { java, kindOf, oneOf, options } from "./host.js";
import { printed } from "./format.js";
import { facts, strict } from "./strict.js";
import { targets } from "./sites.js";
import { Tensor, javaOf } from "./tensor.js";

const interventions = java("interventions");

let declared;

class Intervention {
  #java;
  #text;

  static { declared = intervention => intervention.#java; }

  constructor(java, text) {
    if (typeof text !== "string") throw new TypeError("new Intervention(…) is not for scripts; use ablate(…) or hook(…)");
    this.#java = java;
    this.#text = text;
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Intervention);

/** Where a hook is called: `name` of the value, its `layer`, and the `head` where one is named (of keys and values its group). */
class HookContext {}
strict(HookContext);

/** ablate(head("5.3"), { with: "zero" }) */
export function ablate(target, given) {
  const { with: value } = options(given, ["with"], "ablate");
  if (value === undefined) throw new TypeError('ablate needs to know what takes the value\'s place: { with: "zero" }');
  oneOf(value, ["zero"], "ablate's with");
  return new Intervention(interventions.zero(targets(target, "ablate's target")), `ablate ${shown(target)} with zero`);
}

/** hook(target, (value, context) => newValue): value may be changed in place, and then nothing needs to be returned */
export function hook(target, change) {
  if (typeof change !== "function") throw new TypeError(`hook takes a function (value, context) => newValue, not ${kindOf(change)}`);
  const call = (java, name, layer, head) => {
    const context = facts(HookContext, { name, layer: layer >= 0 ? layer : undefined, head: head >= 0 ? head : undefined });
    const changed = change(new Tensor(java), context);
    if (typeof changed?.then === "function" && !(changed instanceof Tensor)) throw new TypeError(`the hook on ${name} is async; a hook returns its value at once`);
    return changed === undefined ? java : javaOf(changed, `what the hook on ${name} returns`);
  };
  return new Intervention(interventions.hook(targets(target, "hook's target"), call), `hook on ${shown(target)}`);
}

const shown = target => Array.isArray(target) ? target.map(shown).join(", ") : String(target);

/** The Java side of interventions given one by one or in arrays. */
export function declaredOf(given, where) {
  return given.flat(Infinity).map(one => {
    if (one instanceof Intervention) return declared(one);
    throw new TypeError(`${where} takes interventions, as ablate(…) and hook(…) make them, not ${kindOf(one)}`);
  });
}
