// Tables of options: every options type of scripts/lens.d.ts, as the module accepts it. A table checks the options of
// a call and fills in the defaults; DeclarationsTest compares each table with the declared type.
import { kindOf, nearest } from "./host.js";
import { typeError } from "./mistakes.js";

/** Every table, by the name of its type in lens.d.ts: option → { type, required, default }. */
export const tables = {};

/** An option that may be left out. `value` takes its place; a function computes it at each call. */
export const optional = (type, value) => ({ type, required: false, default: value });

/** An option that a call must give. `hint` completes the message "CALL needs …". */
export const required = (type, hint) => ({ type, required: true, hint });

/**
 * Declares the options of a function. Returns their reader, `(given, call) => values`: an unknown option is an error
 * that lists the nearest ones, and each value is checked; messages name the call, as in "model.run".
 */
export function options(name, table) {
  tables[name] = table;
  const known = Object.keys(table);
  return (given, call) => {
    if (given === undefined) given = {};
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      throw typeError(`${call} takes its options as an object { ${known.join(", ")} }, not ${kindOf(given)}`);
    }
    for (const option of Object.keys(given)) {
      if (!known.includes(option)) throw typeError(`${call}: ${nearest("option", option, known)}`);
    }
    const values = {};
    for (const option of known) values[option] = valueOf(table[option], given[option], option, call);
    return values;
  };
}

function valueOf({ type, required, hint, default: otherwise }, given, option, call) {
  const nested = call.includes("'s ");       // options inside options: train's config.nLayers
  if (given !== undefined) return type.check(given, `${call}${nested ? "." : "'s "}${option}`);
  if (required) throw typeError(`${call} needs ${hint ?? option}`);
  return typeof otherwise === "function" ? otherwise() : otherwise;
}
