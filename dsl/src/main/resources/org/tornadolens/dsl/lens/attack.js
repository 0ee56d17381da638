// attack: a suffix that makes a continuation probable, found by greedy coordinate gradient (Zou et al. 2023).
import { java, kindOf } from "./host.js";
import { integer } from "./checks.js";
import { typeError } from "./mistakes.js";
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
  prompt: required(is.declared("Input | AttackPrompt"), "a prompt, at whose end or {} the suffix stands"),
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

/** attack(model, { prompt: "Say a word: {} Answer:", target: " lamp" }) */
export function attack(model, given) {
  const java = javaModel(model, "attack's first argument");
  const { prompt, target, avoid, ...settings } = attackOptions(given, "attack");
  if (!Array.isArray(avoid)) throw typeError(`attack's avoid is an array of tokens, not ${kindOf(avoid)}`);
  const { before, after } = around(prompt, java);
  const found = attacks.attack({
    model: java, before, after,
    target: behind(target, java, "attack's target"),
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

/** The ids in front of the suffix and behind it. */
function around(prompt, java) {
  if (typeof prompt === "string") {
    const [front, ...rest] = prompt.split(PLACE);
    if (rest.length > 1) throw typeError(`attack's prompt has ${rest.length} places {} for the suffix; one is meant`);
    // a space in front of the suffix is left to its first token
    const before = row(front.replace(/ $/, ""), java, true, "attack's prompt");
    return { before, after: behind(rest[0], java, "attack's prompt") };
  }
  if (prompt instanceof Tokens || Array.isArray(prompt)) {
    return { before: row(prompt, java, true, "attack's prompt"), after: [] };
  }
  const { before, after } = promptOptions(prompt, "attack's prompt");
  return {
    before: row(before, java, true, "attack's prompt.before"),
    after: behind(after, java, "attack's prompt.after"),
  };
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
