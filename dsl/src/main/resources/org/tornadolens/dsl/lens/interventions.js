// Interventions: declared changes of a model's values.
import { java, kindOf } from "./host.js";
import { integer, number } from "./checks.js";
import { printed } from "./format.js";
import { javaDatasetOf, javaMeansOf, javaRun } from "./handles.js";
import { typeError } from "./mistakes.js";
import { Run } from "./model-run.js";
import { optional, options, required } from "./options.js";
import { seed as runSeed } from "./script.js";
import { targets } from "./sites.js";
import { facts, strict } from "./strict.js";
import { Tensor, javaOf } from "./tensor.js";
import { Tokens, javaTokens } from "./tokens.js";
import * as is from "./types.js";

const interventions = java("interventions");

let declared;

class Intervention {
  #java;
  #text;

  static { declared = intervention => intervention.#java; }

  constructor(java, text) {
    if (typeof text !== "string") {
      throw typeError("new Intervention(…) is not for scripts; use ablate(…), patch(…), hook(…) and the others");
    }
    this.#java = java;
    this.#text = text;
  }

  toString() { return this.#text; }

  [printed]() { return this.#text; }
}
strict(Intervention);

/** Where a hook is called: `name` of the value, its `layer`, and the `head` or the group of heads if one is named. */
class HookContext {}
strict(HookContext);

/** During which steps of a generation an intervention applies; undefined: all. */
const stepsOf = is.declared('"prompt" | "new" | [number, number]', (value, what) => {
  if (value === "prompt") return { from: 0, to: 1, text: " during the prompt" };
  if (value === "new") return { from: 1, to: -1, text: " during new tokens" };
  if (!Array.isArray(value) || value.length !== 2) {
    throw typeError(`${what} are "prompt", "new", or [from, to], not ${kindOf(value)}`);
  }
  const [from, to] = value.map(step => integer(step, `each of ${what}`, { from: 0 }));
  return { from, to, text: ` during steps ${from} to ${to - 1}` };
});

const steps = optional(stepsOf);
const stepOptions = options("StepOptions", { steps });

/** An intervention in some steps of a generation, or in all. */
function intervention(java, text, during) {
  if (during === undefined) return new Intervention(java, text);
  return new Intervention(interventions.during(java, during.from, during.to), text + during.text);
}

const INSTEAD = "to know what takes the value's place";

const ablateOptions = options("AblateOptions", {
  with: required(is.oneOf("zero", "mean", "resample"),
    `${INSTEAD}: { with: "zero" }, or { with: "mean", over: tokens }`),
  over: optional(is.declared("Tokens | Run | Dataset | SurveyMeans")),
  by: optional(is.oneOf("all", "position")),
  seed: optional(is.number, () => runSeed),
  steps,
});

/** ablate(head("5.3"), { with: "zero" }), ablate(heads("5.*"), { with: "mean", over: tokens }) */
export function ablate(target, given) {
  const { with: value, over, by, seed, steps } = ablateOptions(given, "ablate");
  if (by !== undefined && value !== "mean") {
    throw typeError(`ablate's by is for { with: "mean" }, not for "${value}"`);
  }
  const places = targets(target, "ablate's target");
  const text = `ablate ${shown(target)} with ${value}`;
  if (value === "zero") {
    if (over === undefined) return intervention(interventions.zero(places), text, steps);
    throw typeError('ablate\'s over is for { with: "mean" } and { with: "resample" }; zero takes none');
  }
  const byPosition = by === "position";
  if (value === "mean" && (javaMeansOf(over) ?? javaDatasetOf(over)) !== undefined) {
    const means = interventions.surveyed(places, javaMeansOf(over) ?? javaDatasetOf(over), byPosition);
    return intervention(means, text + (byPosition ? " by position" : ""), steps);
  }
  const reference = references(over, value);
  if (value === "resample") return intervention(interventions.resample(places, reference, seed), text, steps);
  return intervention(interventions.mean(places, reference, byPosition),
    text + (byPosition ? " by position" : ""), steps);
}

function references(over, value) {
  if (over instanceof Run) return javaRun(over);
  if (over instanceof Tokens) return javaTokens(over);
  const more = value === "mean" ? ", a dataset or the means of a survey" : "";
  throw typeError(`ablate with "${value}" needs reference inputs: { over: tokens } (as model.tokens(…) or `
    + `model.random(…) make them), { over: run }${more}, not ${kindOf(over)}`);
}

/** Values from elsewhere, as the Java run or tensor that has them. */
const values = is.declared("Run | Tensor", (from, what) => {
  if (from instanceof Run) return javaRun(from);
  if (from instanceof Tensor) return javaOf(from);
  throw typeError(`${what} is a run or a tensor, not ${kindOf(from)}`);
});

const elsewhere = { from: required(values, `${INSTEAD}: { from: run } or { from: tensor }`), steps };
const patchOptions = options("PatchOptions", elsewhere);
const freezeOptions = options("FreezeOptions", elsewhere);

/** patch(head("9.6").z, { from: run }): the value becomes that of another run, or a tensor */
export function patch(target, given) { return fromElsewhere("patch", target, patchOptions(given, "patch")); }

/** freeze(target, { from: run }): holds a value at that of another run, whatever comes before it */
export function freeze(target, given) { return fromElsewhere("freeze", target, freezeOptions(given, "freeze")); }

function fromElsewhere(verb, target, { from, steps }) {
  const patched = interventions.patch(targets(target, `${verb}'s target`), from);
  return intervention(patched, `${verb} ${shown(target)}`, steps);
}

/** scale(head("11.15"), 0.5) */
export function scale(target, factor, given) {
  const { steps } = stepOptions(given, "scale");
  number(factor, "scale's factor");
  return intervention(interventions.scale(targets(target, "scale's target"), factor),
    `scale ${shown(target)} by ${factor}`, steps);
}

const clampOptions = options("ClampOptions", { min: optional(is.number), max: optional(is.number), steps });

/** clamp(mlp(3).post, { min: 0 }), clamp(resid(5).mid, { min: -10, max: 10 }) */
export function clamp(target, given) {
  const { min, max, steps } = clampOptions(given, "clamp");
  const limits = [];
  if (min !== undefined) limits.push(`at least ${min}`);
  if (max !== undefined) limits.push(`at most ${max}`);
  if (limits.length === 0) throw typeError("clamp needs to know the limits: { min }, { max } or { min, max }");
  const clamped = interventions.clamp(targets(target, "clamp's target"), min ?? -Infinity, max ?? Infinity);
  return intervention(clamped, `clamp ${shown(target)} to ${limits.join(" and ")}`, steps);
}

const addOptions = options("AddOptions", { times: optional(is.number, 1), steps });

/** add(resid(12).post, direction, { times: 4 }): steering */
export function add(target, vector, given) {
  const { times, steps } = addOptions(given, "add");
  const added = interventions.add(targets(target, "add's target"), javaOf(vector, "add's vector"), times);
  return intervention(added, `add ${times === 1 ? "" : `${times} times `}a vector to ${shown(target)}`, steps);
}

const projectOptions = options("ProjectOptions", { keep: optional(is.boolean, false), steps });

/** project(resid(12).post, direction): removes a direction, or a subspace [k, size]; { keep: true } keeps only that */
export function project(target, directions, given) {
  const { keep, steps } = projectOptions(given, "project");
  const projected = interventions.project(
    targets(target, "project's target"), javaOf(directions, "project's direction"), keep);
  return intervention(projected, `project ${shown(target)} ${keep ? "onto" : "out of"} a direction`, steps);
}

/** hook(target, (value, context) => newValue); a hook that changes `value` in place need not return it */
export function hook(target, change, given) {
  const { steps } = stepOptions(given, "hook");
  if (typeof change !== "function") {
    throw typeError(`hook takes a function (value, context) => newValue, not ${kindOf(change)}`);
  }
  const call = (java, name, layer, head) => {
    const context = facts(HookContext,
      { name, layer: layer >= 0 ? layer : undefined, head: head >= 0 ? head : undefined });
    const changed = change(new Tensor(java), context);
    if (changed === undefined) return java;
    if (!(changed instanceof Tensor) && typeof changed?.then === "function") {
      throw typeError(`the hook on ${name} is async; a hook returns its value at once`);
    }
    return javaOf(changed, `what the hook on ${name} returns`);
  };
  return intervention(interventions.hook(targets(target, "hook's target"), call), `hook on ${shown(target)}`, steps);
}

const shown = target => Array.isArray(target) ? target.map(shown).join(", ") : String(target);

/** The Java side of interventions given one by one or in arrays. */
export function declaredOf(given, where) {
  return given.flat(Infinity).map(one => {
    if (one instanceof Intervention) return declared(one);
    throw typeError(`${where} takes interventions, as ablate(…) and hook(…) make them, not ${kindOf(one)}`);
  });
}
