// Values as text, as print and the REPL show them.

/** A class that prints itself gives its text here: `[printed]() { return "…"; }`. */
export const printed = Symbol("printed");

/** A class that reports show other than as text gives its part here: `[part](reports) { return reports.chart(…); }`. */
export const part = Symbol("part");

const WIDTH = 100, DEEPEST = 4, LONGEST = 60, ENDS = 3, SHORT = 24;

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
  if ([RegExp, Number, Boolean, String].some(type => value instanceof type)) return String(value);
  if (value instanceof Promise) return "Promise";
  const inner = [...around, value];
  const show = item => format(item, depth + 1, inner);
  const items = (list, each = show) => {
    if (list.length <= LONGEST) return Array.from(list, each);
    const [first, last] = [list.slice(0, ENDS), list.slice(-ENDS)].map(some => Array.from(some, each));
    return [...first, `… ${list.length - 2 * ENDS} more …`, ...last];
  };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const elements = items(value, value instanceof Float32Array ? short : show);
    return `${value.constructor.name}(${value.length}) ` + bracketed("[", elements, "]", depth);
  }
  if (depth > DEEPEST) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value)) return bracketed("[", items(value), "]", depth);
  if (value instanceof Set) return `Set(${value.size}) ` + bracketed("{", items([...value]), "}", depth);
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${show(key)} → ${show(item)}`);
    return `Map(${value.size}) ` + bracketed("{", entries, "}", depth);
  }
  const kind = value.constructor?.name;
  const name = key => /^[\w$]+$/.test(key) ? key : JSON.stringify(key);
  const fields = Object.keys(value).map(key => `${name(key)}: ${show(value[key])}`);
  return (kind && kind !== "Object" ? kind + " " : "") + bracketed("{ ", fields, " }", depth);
}

// a float without the digits that its 24 bits do not carry
const short = number => String(Number(number.toPrecision(6)));

function bracketed(open, items, close, depth) {
  if (items.length === 0) return open.trim() + close.trim();
  const line = open + items.join(", ") + close;
  if (line.length <= WIDTH && !line.includes("\n")) return line;
  const indent = "  ".repeat(depth + 1);
  if (open === "[" && items.every(item => item.length <= SHORT)) {
    const lines = [];
    for (const item of items) {
      const longer = `${lines.at(-1)}, ${item}`;
      if (lines.length > 0 && longer.length <= WIDTH - indent.length) lines[lines.length - 1] = longer;
      else lines.push(item);
    }
    items = lines;
  }
  return `${open.trim()}\n${items.map(item => indent + item).join(",\n")}\n${"  ".repeat(depth)}${close.trim()}`;
}

function nameOf(f) {
  const source = Function.prototype.toString.call(f);
  return source.startsWith("class") ? `class ${f.name || "(anonymous)"}` : `function ${f.name || "(anonymous)"}`;
}
