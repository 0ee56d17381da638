// What the REPL needs of JavaScript: printing values, and variables that last from one input to the next. Also the
// tables of options, which the tests compare with scripts/lens.d.ts.
export { format } from "./format.js";
export { tables } from "./options.js";

const isUndefined = value => value === undefined;
export { isUndefined as undefined };

/**
 * Makes a module's exports global variables, all but those named `value` and `ended`. A variable stays bound to its
 * export until something is assigned to it. Returns whether the module ran to its end, that is, its export `ended`.
 */
export function adopt(exports, value, ended) {
  for (const name of Reflect.ownKeys(exports).filter(key => typeof key === "string")) {
    if (name === value || name === ended) continue;
    try {
      exports[name];
    } catch {
      continue;                      // declared below the place where the module stopped
    }
    Object.defineProperty(globalThis, name, {
      configurable: true, enumerable: true,
      get: () => exports[name],
      set: value => Object.defineProperty(globalThis, name,
        { configurable: true, enumerable: true, writable: true, value }),
    });
  }
  if (ended === undefined) return true;
  try {
    return exports[ended];
  } catch {
    return false;
  }
}
