// Checks of the values that scripts pass. Each returns the value or throws an error that begins with `what`, the words
// for the value: `top's count is a whole number, not "a"`.
import { kindOf } from "./host.js";
import { mistake, rangeError, typeError } from "./mistakes.js";

/** A whole number that fits an int, of at least `from`. */
export function integer(value, what, { from = -Infinity } = {}) {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw typeError(`${what} is a whole number, not ${kindOf(value)}`);
  }
  if (value < from) throw rangeError(`${what} is at least ${from}, not ${value}`);
  if (Math.abs(value) > 0x7fffffff) throw rangeError(`${what} ${value} is too large`);
  return value === 0 ? 0 : value;      // -0 is no int for Java
}

export function number(value, what) {
  if (typeof value !== "number") throw typeError(`${what} is a number, not ${kindOf(value)}`);
  return value;
}

export function string(value, what) {
  if (typeof value !== "string") throw typeError(`${what} is a string, not ${kindOf(value)}`);
  return value;
}

export function boolean(value, what) {
  if (typeof value !== "boolean") throw typeError(`${what} is true or false, not ${kindOf(value)}`);
  return value;
}

/** One whole number or an array of them; returns an array. */
export function integers(value, what) {
  if (!Array.isArray(value)) return [integer(value, what)];
  return value.map(each => integer(each, `each number of ${what}`));
}

/** An array of at least one element. */
export function nonempty(value, what) {
  if (!Array.isArray(value)) throw typeError(`${what} is an array, not ${kindOf(value)}`);
  if (value.length === 0) throw rangeError(`${what} is an empty array`);
  return value;
}

/** An array of strings; numbers among them become strings. */
export function words(value, what) {
  if (!Array.isArray(value)) throw typeError(`${what} is an array of strings, not ${kindOf(value)}`);
  return value.map(word => typeof word === "number" ? String(word) : string(word, `each of ${what}`));
}

/** One of a fixed set of words. */
export function oneOf(value, allowed, what) {
  if (allowed.includes(value)) return value;
  throw rangeError(`${what} is one of ${allowed.map(word => JSON.stringify(word)).join(", ")}, not ${kindOf(value)}`);
}

/** A plain object with names of the script's own: no array, no Tensor. `what` is a whole clause. */
export function object(value, what) {
  const plain = typeof value === "object" && value !== null
    && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!plain) throw typeError(`${what}, not ${kindOf(value)}`);
  return value;
}

/** Whether a value is a list of numbers or of lists: an array or a typed array. */
export const isList = value => Array.isArray(value) || ArrayBuffer.isView(value);

/** The value of a JSON text. */
export function json(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw mistake(new SyntaxError(`${what} is no JSON: ${error.message}`));
  }
}
