// What the REPL needs of JavaScript.
export { format } from "./format.js";

const isUndefined = value => value === undefined;
export { isUndefined as undefined };

/**
 * Makes a module's exports global variables, all but those named `value` and `ended`; they stay bound to the module's
 * until something is assigned to them. Says whether the module came to its end, its export `ended`.
 */
export function adopt(exports, value, ended) {
  for (const name of Reflect.ownKeys(exports).filter(key => typeof key === "string")) {
    if (name === value || name === ended) continue;
    try {
      exports[name];
    } catch {
      continue;                      // declared behind the place where the module stopped
    }
    Object.defineProperty(globalThis, name, {
      configurable: true, enumerable: true,
      get: () => exports[name],
      set: assigned => Object.defineProperty(globalThis, name, { configurable: true, enumerable: true, writable: true, value: assigned }),
    });
  }
  if (ended === undefined) return true;
  try {
    return exports[ended];
  } catch {
    return false;
  }
}
