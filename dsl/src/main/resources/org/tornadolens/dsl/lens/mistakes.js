// Errors that say what a script did wrong. Every other error thrown by a file of this module is a bug of TornadoLens,
// and is reported as one (see Failures.java).

const mistakes = new WeakSet();

/** An error about a value of the wrong kind. */
export const typeError = message => mistake(new TypeError(message));

/** An error about a value of the right kind that names nothing or lies outside what is allowed. */
export const rangeError = message => mistake(new RangeError(message));

/** Marks an error as the script's mistake; returns it. */
export function mistake(error) {
  mistakes.add(error);
  return error;
}

export const isMistake = error => typeof error === "object" && error !== null && mistakes.has(error);
