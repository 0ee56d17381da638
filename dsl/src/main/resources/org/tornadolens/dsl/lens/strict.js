// Objects on which a misspelt name is an error instead of undefined.
import { kindOf, nearest } from "./host.js";

// what JSON and promises look for on any object, besides the members of every object
const passing = new Set(["toJSON", "then"]);

function publicNames(object) {
  const names = new Set();
  for (let o = object; o !== end; o = Object.getPrototypeOf(o)) {
    for (const name of Object.getOwnPropertyNames(o)) if (!(name in Object.prototype) && !passing.has(name)) names.add(name);
  }
  return [...names];
}

const unknown = (object, name) => new TypeError(nearest(`${object.constructor.name} property`, name, publicNames(object)));

// the end of the prototype chain: what is looked up here exists nowhere on the object
const end = new Proxy(Object.create(Object.prototype), {
  get(target, name, object) {
    if (typeof name === "symbol" || name in Object.prototype || passing.has(name)) return Object.prototype[name];
    throw unknown(object, name);
  },
  set(target, name, value, object) {
    if (typeof name === "symbol") return Reflect.defineProperty(object, name, { value, writable: true, configurable: true });
    throw unknown(object, name);
  },
});

/** Every instance of the class refuses names that neither it nor the class has. The lookup costs nothing where a name exists. */
export function strict(type) {
  Object.setPrototypeOf(type.prototype, end);
  return type;
}

/** A frozen record of facts, printed like a plain object, that refuses names it does not have. */
export function facts(type, values) {
  return Object.freeze(Object.create(type.prototype, Object.getOwnPropertyDescriptors(values)));
}

// ---- checks of what scripts pass

/** A whole number; `what` names it in the error. */
export function integer(value, what, { from = -Infinity } = {}) {
  if (typeof value !== "number" || !Number.isInteger(value)) throw new TypeError(`${what} is a whole number, not ${kindOf(value)}`);
  if (value < from) throw new RangeError(`${what} is at least ${from}, not ${value}`);
  if (Math.abs(value) > 0x7fffffff) throw new RangeError(`${what} ${value} is too large`);
  return value === 0 ? 0 : value;      // -0 is no int for Java
}

export function number(value, what) {
  if (typeof value !== "number") throw new TypeError(`${what} is a number, not ${kindOf(value)}`);
  return value;
}

export function string(value, what) {
  if (typeof value !== "string") throw new TypeError(`${what} is a string, not ${kindOf(value)}`);
  return value;
}

export function boolean(value, what) {
  if (typeof value !== "boolean") throw new TypeError(`${what} is true or false, not ${kindOf(value)}`);
  return value;
}

/** One number or several: always an array. */
export function integers(value, what) {
  return (Array.isArray(value) ? value : [value]).map(v => integer(v, what));
}

/** A plain object of names: not an array, not a Tensor. */
export function object(value, what) {
  const plain = typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!plain) throw new TypeError(`${what}, not ${kindOf(value)}`);
  return value;
}
