// The module's way to Java. The objects that `java` returns are for the module's own files; scripts cannot import this.
import { isMistake, mistake } from "./mistakes.js";

const bridge = globalThis.__lens;
delete globalThis.__lens;

const causes = new WeakMap();       // a translated error → the Java exception behind it
bridge.errors(error => typeof error === "object" && error !== null ? causes.get(error) : undefined, isMistake);

/** Called once, when the module is complete. */
export function loaded(namespace, repl) {
  for (const name of ["Graal", "load", "loadWithNewGlobal", "print", "printErr", "arguments"]) delete globalThis[name];
  bridge.loaded(namespace, repl);
}

/**
 * The functions that Java exports under `name` (see Exports.java). Their exceptions arrive as JavaScript errors. Each
 * function is looked up at its first use, so that a script pays only for what it uses.
 */
export function java(name) {
  return Object.create(new Proxy({}, {
    get(_, method, functions) {
      const value = translating(bridge.object(name)[method], `${name}.${method}`);
      Object.defineProperty(functions, method, { value });
      return value;
    },
  }));
}

function translating(method, name) {
  if (method === undefined) throw new ReferenceError(`Java exports no ${name}`);
  return (...values) => {
    try {
      return method(...values);
    } catch (thrown) {
      throw translate(thrown, name, values);
    }
  };
}

const kinds = { RangeError, TypeError, Error };

function translate(thrown, name, values) {
  if (thrown instanceof TypeError && /^(invokeMember|execute|invoke)\b.* on /.test(thrown.message)) {
    return new TypeError(`${name} cannot take (${values.map(kindOf).join(", ")})`);
  }
  const translation = bridge.translate(thrown);     // asked first: a Java exception is an instance of Error, too
  if (translation === null) return thrown;
  const error = new kinds[translation.kind()](translation.message());
  causes.set(error, thrown);
  return translation.bug() ? error : mistake(error);
}

/** `no hook "hook_rsid"; nearest: hook_resid_pre, …` */
export const nearest = (kind, name, known) => bridge.nearest(kind, String(name), known);

/** A value named for an error message: `"abc"`, `3`, `an array of 4`, `a Tensor`. */
export function kindOf(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return String(value);
  const kind = value.constructor?.name;
  return !kind || kind === "Object" ? "an object" : `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}
