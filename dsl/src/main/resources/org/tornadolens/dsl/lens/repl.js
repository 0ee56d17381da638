// What a session needs of JavaScript: values as text, its variables, and what completion may ask without running any
// getter. Also the tables of options, which the tests compare with scripts/lens.d.ts.
import { javaModel, modelOf } from "./model.js";
import { Tensor, javaOf } from "./tensor.js";
import { format, part, printed } from "./format.js";
export { tables } from "./options.js";
export { modelOf };

/** A value as text; a string is quoted. */
export const shown = value => typeof value === "string" ? JSON.stringify(value) : format(value);

const isUndefined = value => value === undefined;
export { isUndefined as undefined };

/** Makes the exports of the module variables of the session. */
export function publish(exports) {
  for (const name of Object.keys(exports)) {
    Object.defineProperty(globalThis, name,
      { configurable: true, enumerable: true, writable: true, value: exports[name] });
  }
}

/** Runs an asynchronous input; one of the functions gets its result before the engine is idle. */
export function settle(run, done, failed) { run().then(done, failed); }

export function rethrow(error) { throw error; }

// ---- what completion asks

/** The property of an object or of what it inherits from; a Proxy answers nothing. */
function propertyOf(object, name) {
  for (let o = Object(object); o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o)) {
    const property = Object.getOwnPropertyDescriptor(o, name);
    if (property !== undefined) return property;
  }
  return undefined;
}

/** Nothing, for Java to name. */
export const nothing = () => undefined;

/** A variable's or a member's value as { value }, or {} where there is none or a getter would have to run. */
export function peek(object, name) {
  const property = propertyOf(object === undefined ? globalThis : object, name);
  return property?.value === undefined ? {} : { value: property.value };
}

/** The names of an object's members, own and inherited, but for those of every object. */
export function members(value) {
  const names = new Set();
  for (let o = Object(value); o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o)) {
    for (const name of Object.getOwnPropertyNames(o)) if (name !== "constructor") names.add(name);
  }
  return [...names].filter(name => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
}

/** The name of a value's class, as lens.d.ts has it, or its type: "Model", "string", "function". */
export function kind(value) {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  const constructor = propertyOf(value, "constructor")?.value;
  return typeof constructor?.name === "string" ? constructor.name : "Object";
}

/** The variables of the session that hold models. */
export function models() {
  return Object.keys(globalThis).map(name => peek(undefined, name).value).filter(value => kind(value) === "Model");
}

/** The Java model of a Model, or null. */
export const modelIn = value => kind(value) === "Model" ? javaModel(value, "the value") : null;

/** The Java tensor of a Tensor, or null. */
export const tensorIn = value => value instanceof Tensor ? javaOf(value, "the value") : null;

const itself = java => java, views = { chart: itself, table: itself, page: itself };

/** The Java object behind a chart, a table or a page; null for other values. */
export const viewIn = value => typeof value?.[part] === "function" ? value[part](views) : null;

/** The names of all variables. */
export const globals = () => Object.getOwnPropertyNames(globalThis).filter(name => /^[\p{ID_Start}$_]/u.test(name));

const samples = { string: "", number: 0, boolean: true, "any[]": [], function: () => {} };

/** A value of a type of the language, whose members are those of every such value. */
export const sample = type => ({ value: samples[type] });

/** Whether an object says nothing of itself as text, so that its members have to. */
export const mute = value => typeof value === "object" && value !== null && typeof value[printed] !== "function"
  && Object.keys(value).length === 0;

/** Saves a picture under a name. */
export const saved = (picture, name) => picture.save(name);
