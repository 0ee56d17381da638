// Interventions: declared changes of a model's values.
import { java, kindOf, oneOf, options } from "./host.js";
import { printed } from "./format.js";
import { facts, number, strict } from "./strict.js";
import { targets } from "./sites.js";
import { Tensor, javaOf } from "./tensor.js";
import { Tokens, javaTokens } from "./tokens.js";
import { javaRun } from "./handles.js";
import { Run } from "./runs.js";
import { seed as runSeed } from "./run.js";

const interventions = java("interventions");

let declared;

class Intervention {
  #java;
  #text;

  static { declared = intervention => intervention.#java; }

  constructor(java, text) {
    if (typeof text !== "string") throw new TypeError("new Intervention(…) is not for scripts; use ablate(…), patch(…), hook(…) and the others");
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

/** ablate(head("5.3"), { with: "zero" }), ablate(heads("5.*"), { with: "mean", over: tokens }) */
export function ablate(target, given) {
  const { with: value, over, by, seed = runSeed } = options(given, ["with", "over", "by", "seed"], "ablate");
  if (value === undefined) throw new TypeError('ablate needs to know what takes the value\'s place: { with: "zero" }, or { with: "mean", over: tokens }');
  oneOf(value, ["zero", "mean", "resample"], "ablate's with");
  if (by !== undefined && value !== "mean") throw new TypeError(`ablate's by is for { with: "mean" }, not for "${value}"`);
  const places = targets(target, "ablate's target");
  const text = `ablate ${shown(target)} with ${value}`;
  if (value === "zero") {
    if (over !== undefined) throw new TypeError('ablate\'s over is for { with: "mean" } and { with: "resample" }; zero takes none');
    return new Intervention(interventions.zero(places), text);
  }
  const reference = references(over, value);
  if (value === "resample") return new Intervention(interventions.resample(places, reference, number(seed, "ablate's seed")), text);
  const byPosition = by === undefined ? false : oneOf(by, ["position", "all"], "ablate's by") === "position";
  return new Intervention(interventions.mean(places, reference, byPosition), text + (byPosition ? " by position" : ""));
}

function references(over, value) {
  if (over instanceof Run) return javaRun(over);
  if (over instanceof Tokens) return javaTokens(over);
  throw new TypeError(`ablate with "${value}" needs reference inputs: { over: tokens } (as model.tokens(…) or model.random(…) make them) or { over: run }, not ${kindOf(over)}`);
}

/** patch(head("9.6").z, { from: run }): takes the value that another run had, or a tensor */
export function patch(target, given) { return fromElsewhere("patch", target, options(given, ["from"], "patch")); }

/** freeze(target, { from: run }): holds a value at what another run had, whatever comes before it */
export function freeze(target, given) { return fromElsewhere("freeze", target, options(given, ["from"], "freeze")); }

function fromElsewhere(verb, target, { from }) {
  if (!(from instanceof Run) && !(from instanceof Tensor)) throw new TypeError(`${verb} needs to know what takes the value's place: { from: run } or { from: tensor }, not ${kindOf(from)}`);
  const source = from instanceof Run ? javaRun(from) : javaOf(from, `${verb}'s from`);
  return new Intervention(interventions.patch(targets(target, `${verb}'s target`), source), `${verb} ${shown(target)}`);
}

/** scale(head("11.15"), 0.5) */
export function scale(target, factor) {
  return new Intervention(interventions.scale(targets(target, "scale's target"), number(factor, "scale's factor")), `scale ${shown(target)} by ${factor}`);
}

/** clamp(mlp(3).post, { min: 0 }), clamp(resid(5).mid, { min: -10, max: 10 }) */
export function clamp(target, given) {
  const { min, max } = options(given, ["min", "max"], "clamp");
  const limits = [];
  if (min !== undefined) limits.push(`at least ${number(min, "clamp's min")}`);
  if (max !== undefined) limits.push(`at most ${number(max, "clamp's max")}`);
  if (limits.length === 0) throw new TypeError("clamp needs to know the limits: { min }, { max } or { min, max }");
  const clamped = interventions.clamp(targets(target, "clamp's target"), min ?? -Infinity, max ?? Infinity);
  return new Intervention(clamped, `clamp ${shown(target)} to ${limits.join(" and ")}`);
}

/** add(resid(12).post, direction, { times: 4 }): steering */
export function add(target, vector, given) {
  const { times = 1 } = options(given, ["times"], "add");
  return new Intervention(interventions.add(targets(target, "add's target"), javaOf(vector, "add's vector"), number(times, "add's times")),
    `add ${times === 1 ? "" : `${times} times `}a vector to ${shown(target)}`);
}

/** project(resid(12).post, direction): what remains without a direction, or a subspace [k, size]; { keep: true } keeps only that */
export function project(target, directions, given) {
  const { keep = false } = options(given, ["keep"], "project");
  if (typeof keep !== "boolean") throw new TypeError(`project's keep is true or false, not ${kindOf(keep)}`);
  return new Intervention(interventions.project(targets(target, "project's target"), javaOf(directions, "project's direction"), keep),
    `project ${shown(target)} ${keep ? "onto" : "out of"} a direction`);
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
