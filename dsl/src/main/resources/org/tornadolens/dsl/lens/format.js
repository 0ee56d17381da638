// Values as people want to read them.

/** A class that prints itself gives its text here: `[printed]() { return "…"; }`. */
export const printed = Symbol("printed");

const WIDTH = 100, DEEPEST = 4, LONGEST = 60, ENDS = 3;

/** A value as text; strings inside objects and arrays are quoted, long arrays show their ends. */
export function format(value, depth = 0, around = []) {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return nameOf(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (typeof value[printed] === "function") return value[printed]();
  if (value instanceof Error) return value.stack || `${value.name}: ${value.message}`;
  if (around.includes(value)) return "(itself)";
  if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp || value instanceof Number || value instanceof Boolean || value instanceof String) return String(value);
  if (value instanceof Promise) return "Promise";
  const inner = [...around, value];
  const show = item => format(item, depth + 1, inner);
  const items = (list, each = show) => list.length <= LONGEST ? Array.from(list, each)
    : [...Array.from(list.slice(0, ENDS), each), `… ${list.length - 2 * ENDS} more …`, ...Array.from(list.slice(-ENDS), each)];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${value.constructor.name}(${value.length}) ` + bracketed("[", items(value, value instanceof Float32Array ? short : show), "]", depth);
  }
  if (depth > DEEPEST) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value)) return bracketed("[", items(value), "]", depth);
  if (value instanceof Set) return `Set(${value.size}) ` + bracketed("{", items([...value]), "}", depth);
  if (value instanceof Map) {
    return `Map(${value.size}) ` + bracketed("{", [...value].map(([key, item]) => `${show(key)} → ${show(item)}`), "}", depth);
  }
  const kind = value.constructor?.name;
  const fields = Object.keys(value).map(key => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${show(value[key])}`);
  return (kind && kind !== "Object" ? kind + " " : "") + bracketed("{ ", fields, " }", depth);
}

// a float without the digits that its 24 bits do not carry
const short = number => String(Number(number.toPrecision(6)));

function bracketed(open, items, close, depth) {
  if (items.length === 0) return open.trim() + close.trim();
  const line = open + items.join(", ") + close;
  if (line.length <= WIDTH && !line.includes("\n")) return line;
  const indent = "  ".repeat(depth + 1);
  return `${open.trim()}\n${items.map(item => indent + item).join(",\n")}\n${"  ".repeat(depth)}${close.trim()}`;
}

function nameOf(f) {
  const source = Function.prototype.toString.call(f);
  return source.startsWith("class") ? `class ${f.name || "(anonymous)"}` : `function ${f.name || "(anonymous)"}`;
}
