// The module's way to Java. What `java` gives is for the module's own files; scripts cannot import this one.

const bridge = globalThis.__lens;
delete globalThis.__lens;

const causes = new WeakMap();       // a translated error → the Java exception behind it
bridge.causes(error => typeof error === "object" && error !== null ? causes.get(error) : undefined);

/** Called once, when the module is complete. */
export function loaded(namespace, session) {
  for (const name of ["Graal", "load", "loadWithNewGlobal", "print", "printErr", "arguments"]) delete globalThis[name];
  bridge.loaded(namespace, session);
}

/**
 * The functions that Java exports under `name` (see Exports.java). Their exceptions arrive as JavaScript errors. Each is
 * looked up when it is first used, so that a script pays only for what it uses.
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
  return error;
}

/** `no hook "hook_rsid"; nearest: hook_resid_pre, …` */
export const nearest = (kind, name, known) => bridge.nearest(kind, String(name), known);

/**
 * The options object of a call, checked: `options(given, ["dtype", "device"], "load")`. An unknown name is an error
 * that says the nearest ones. Nothing given gives {}.
 */
export function options(given, allowed, where) {
  if (given === undefined) return {};
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`${where} takes its options as an object { ${allowed.join(", ")} }, not ${kindOf(given)}`);
  }
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) throw new TypeError(`${where}: ${nearest("option", name, allowed)}`);
  }
  return given;
}

/** One of a fixed set of words: `oneOf(kind, ["Q", "K", "V"], "composition's kind")`. */
export function oneOf(value, words, what) {
  if (words.includes(value)) return value;
  throw new RangeError(`${what} is one of ${words.map(word => JSON.stringify(word)).join(", ")}, not ${kindOf(value)}`);
}

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
