// attack: a suffix that makes a continuation probable, found by greedy coordinate gradient (Zou et al. 2023).
import { java, kindOf } from "./host.js";
import { integer } from "./checks.js";
import { rangeError, typeError } from "./mistakes.js";
import { javaModel } from "./model.js";
import { optional, options, required } from "./options.js";
import { seed as runSeed } from "./script.js";
import { facts, strict } from "./strict.js";
import { Tokens, tokenId, tokensOf } from "./tokens.js";
import * as is from "./types.js";

const attacks = java("attacks");
const tokens = java("tokens");

const PLACE = "{}";     // where the suffix stands in a prompt's text

const attackOptions = options("AttackOptions", {
  prompt: required(is.declared("Input | AttackPrompt | AttackPrompt[]"),
    "a prompt, at whose end or {} the suffix stands"),
  target: required(is.declared("Input"), "a target: the continuation that the suffix makes probable"),
  length: optional(is.integerFrom(1), 10),
  steps: optional(is.integerFrom(0), 100),
  candidates: optional(is.integerFrom(1), 64),
  top: optional(is.integerFrom(1), 64),
  until: optional(is.number, 0),
  seed: optional(is.number, () => runSeed),
  avoid: optional(is.declared("(string | number)[]"), () => []),
});

const promptOptions = options("AttackPrompt", {
  before: required(is.declared("Input"), "what stands in front of the suffix"),
  after: optional(is.declared("Input")),
});

class Attack {}
strict(Attack);

/** attack(model, { prompt: ["Say a word: {} Answer:", "Name a thing: {} Answer:"], target: " lamp" }) */
export function attack(model, given) {
  const java = javaModel(model, "attack's first argument");
  const { prompt, target, avoid, ...settings } = attackOptions(given, "attack");
  if (!Array.isArray(avoid)) throw typeError(`attack's avoid is an array of tokens, not ${kindOf(avoid)}`);
  const places = promptsOf(prompt, java);
  const targets = targetsOf(target, java, places.length);
  const found = attacks.attack({
    model: java,
    prompts: places.map((place, i) => ({ ...place, target: targets[targets.length === 1 ? 0 : i] })),
    ...settings,
    avoid: avoid.map(token => integer(tokenId(token, java, "each of attack's avoid"), "a token")),
  });
  const suffix = Array.from(found.suffix);
  return facts(Attack, {
    get text() { return tokens.text(java, suffix); },
    suffix: Object.freeze(suffix),
    tokens: new Tokens(found.tokens),
    loss: found.loss,
    history: Object.freeze(Array.from(found.history)),
  });
}

/** The ids in front of the suffix and behind it, of each prompt. */
function promptsOf(prompt, java) {
  const what = "attack's prompt";
  if (typeof prompt === "string") return [split(prompt, java, what)];
  if (prompt instanceof Tokens) return prompt.toArray().map(before => ({ before, after: [] }));
  if (!Array.isArray(prompt)) return [between(prompt, java, what)];
  if (prompt.length === 0) throw rangeError(`${what} has no prompts`);
  const each = one => Array.isArray(one) ? "ids" : typeof one;
  const kinds = new Set(prompt.map(each));
  if (kinds.size > 1) throw typeError(`${what}s are all texts, all rows of ids or all { before, after }`);
  switch (each(prompt[0])) {
    case "string": return prompt.map((text, i) => split(text, java, `${what} ${i}`));
    case "object": return prompt.map((one, i) => between(one, java, `${what} ${i}`));
    default: return tokensOf(prompt, java, true, what).toArray().map(before => ({ before, after: [] }));
  }
}

/** A text with the suffix at {}, or at its end. */
function split(prompt, java, what) {
  const [front, ...rest] = prompt.split(PLACE);
  if (rest.length > 1) throw typeError(`${what} has ${rest.length} places {} for the suffix; one is meant`);
  // a space in front of the suffix is left to its first token
  const before = row(front.replace(/ $/, ""), java, true, what);
  return { before, after: behind(rest[0], java, what) };
}

function between(prompt, java, what) {
  const { before, after } = promptOptions(prompt, what);
  return { before: row(before, java, true, `${what}.before`), after: behind(after, java, `${what}.after`) };
}

/** The ids of the target: one for all prompts, or one for each. */
function targetsOf(target, java, prompts) {
  const what = "attack's target";
  const several = Array.isArray(target) && typeof target[0] !== "number" || target instanceof Tokens;
  const targets = target instanceof Tokens ? target.toArray()
    : several ? target.map((one, i) => behind(one, java, `${what} ${i}`)) : [behind(target, java, what)];
  if (targets.length !== 1 && targets.length !== prompts) {
    throw rangeError(`attack has ${targets.length} targets for ${prompts} prompt${prompts === 1 ? "" : "s"}; give one `
      + "for all or one for each");
  }
  return targets;
}

/** The ids of what follows other tokens; a text's first space is part of its first token. */
function behind(input, java, what) {
  if (input === undefined || input.length === 0) return [];
  return typeof input === "string" ? Array.from(tokens.continuation(java, input)) : row(input, java, false, what);
}

function row(input, java, bos, what) {
  const given = tokensOf(input, java, bos, what);
  if (given.batch !== 1) throw typeError(`${what} is one row of tokens, not ${given.batch}`);
  return given.row(0);
}
