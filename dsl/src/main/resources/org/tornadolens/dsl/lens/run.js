// The run itself: what a script is given, what it prints, what is kept of it.
import { java, kindOf } from "./host.js";
import { format } from "./format.js";

const run = java("run");

/** What --arg k=v gave: strings by name; undefined where nothing was given. */
export const args = Object.freeze(Object.fromEntries(Array.from(run.argumentNames(), name => [name, run.argument(name)])));

/** The run's seed; what a script draws at random starts from it. */
export const seed = run.seed();

Math.random = () => run.random();

/** Prints values as text, separated by spaces. */
export function print(...values) {
  run.print(values.map(value => typeof value === "string" ? value : format(value)).join(" "));
}

function printError(...values) {
  run.printError(values.map(value => typeof value === "string" ? value : format(value)).join(" "));
}

globalThis.console = Object.freeze({ log: print, info: print, debug: print, warn: printError, error: printError });

/** Records whether a claim holds; a false one makes the exit code 1. Gives `ok` back. */
export function check(name, ok) {
  if (typeof name !== "string" || name === "") throw new TypeError(`check takes the claim as its first argument, not ${kindOf(name)}`);
  if (typeof ok !== "boolean") throw new TypeError(`check("${name}", …) takes true or false, not ${kindOf(ok)}`);
  run.check(name, ok);
  run.print(`${ok ? "✓" : "✗"} ${name}`);
  return ok;
}

/** Keeps a value in the run's record (run.json): numbers, strings, booleans, and arrays and objects of them. */
export function record(name, value) {
  if (typeof name !== "string" || name === "") throw new TypeError(`record takes a name as its first argument, not ${kindOf(name)}`);
  const json = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`record("${name}", …) cannot keep ${kindOf(value)}`);
  run.record(name, json);
}
