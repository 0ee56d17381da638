// Objects on which a misspelt name is an error instead of undefined.
import { nearest } from "./host.js";
import { typeError } from "./mistakes.js";

// what JSON and promises look for on any object, besides the members of every object
const passing = new Set(["toJSON", "then"]);

function publicNames(object) {
  const names = new Set();
  for (let o = object; o !== end; o = Object.getPrototypeOf(o)) {
    for (const name of Object.getOwnPropertyNames(o)) {
      if (!(name in Object.prototype) && !passing.has(name)) names.add(name);
    }
  }
  return [...names];
}

function unknown(object, name) {
  return typeError(nearest(`${object.constructor.name} property`, name, publicNames(object)));
}

// the end of the prototype chain: what is looked up here exists nowhere on the object
const end = new Proxy(Object.create(Object.prototype), {
  get(target, name, object) {
    if (typeof name === "symbol" || name in Object.prototype || passing.has(name)) return Object.prototype[name];
    throw unknown(object, name);
  },
  set(target, name, value, object) {
    if (typeof name !== "symbol") throw unknown(object, name);
    return Reflect.defineProperty(object, name, { value, writable: true, configurable: true });
  },
});

/** Makes instances of a class refuse unknown names. Looking up a known name costs nothing. Returns the class. */
export function strict(type) {
  Object.setPrototypeOf(type.prototype, end);
  return type;
}

/** A frozen record of facts, printed like a plain object, that refuses names it does not have. */
export function facts(type, values) {
  return Object.freeze(Object.create(type.prototype, Object.getOwnPropertyDescriptors(values)));
}
