// The types of options: how scripts/lens.d.ts declares one, and the check of a value (see options.js).
import * as checks from "./checks.js";

/**
 * A type by its TypeScript declaration, in the terms of lens.d.ts. `check` gets a value and the words for it, and
 * returns what the function works with. Without a check, the function that takes the option checks the value itself.
 */
export const declared = (type, check = value => value) => ({ declared: type, check });

export const integer = declared("number", (value, what) => checks.integer(value, what));
export const integerFrom = from => declared("number", (value, what) => checks.integer(value, what, { from }));
export const number = declared("number", checks.number);
export const string = declared("string", checks.string);
export const boolean = declared("boolean", checks.boolean);

/** One whole number or several; becomes an array. */
export const integers = declared("number | number[]", checks.integers);

export const oneOf = (...words) => declared(words.map(word => JSON.stringify(word)).join(" | "),
  (value, what) => checks.oneOf(value, words, what));
