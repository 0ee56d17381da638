// What surrounds a script: its arguments and seed, what it prints, and what its run's record keeps.
import { java, kindOf } from "./host.js";
import { format } from "./format.js";
import { typeError } from "./mistakes.js";

const script = java("script");

/** The values of --arg k=v: strings by name. */
export const args = Object.freeze(Object.fromEntries(
  Array.from(script.argumentNames(), name => [name, script.argument(name)])));

/** The run's seed, from which everything random starts. */
export const seed = script.seed();

Math.random = () => script.random();

const text = values => values.map(value => typeof value === "string" ? value : format(value)).join(" ");

/** Prints values as text, separated by spaces. */
export function print(...values) { script.print(text(values)); }

function printError(...values) { script.printError(text(values)); }

globalThis.console = Object.freeze({ log: print, info: print, debug: print, warn: printError, error: printError });

/** Records whether a claim holds and returns `ok`. */
export function check(name, ok) {
  if (typeof name !== "string" || name === "") {
    throw typeError(`check takes the claim as its first argument, not ${kindOf(name)}`);
  }
  if (typeof ok !== "boolean") throw typeError(`check("${name}", …) takes true or false, not ${kindOf(ok)}`);
  script.check(name, ok);
  return ok;
}

/** Keeps a value in run.json: numbers, strings, booleans, and arrays and objects of them. */
export function record(name, value) {
  if (typeof name !== "string" || name === "") {
    throw typeError(`record takes a name as its first argument, not ${kindOf(name)}`);
  }
  const json = jsonOf(value, name);
  if (json === undefined) throw typeError(`record("${name}", …) cannot keep ${kindOf(value)}`);
  script.record(name, json);
}

function jsonOf(value, name) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;      // a circle or a BigInt
    throw typeError(`record("${name}", …) cannot keep ${kindOf(value)}: ${error.message}`);
  }
}
