// Tables: printed in columns, saved as CSV.
import { java, kindOf, options } from "./host.js";
import { format, printed } from "./format.js";
import { strict, string } from "./strict.js";
import { Tensor, javaOf as javaTensor } from "./tensor.js";
import { print } from "./run.js";

const tables = java("tables");
const MOST_SHOWN = 40;      // rows; a file has all of them

class Table {
  #java;

  constructor(java) { this.#java = java; }

  print() {
    print(this.toString());
    return this;
  }

  save(name) {
    tables.save(this.#java, string(name, "the name of a table's file"));
    return this;
  }

  toString() { return tables.text(this.#java, MOST_SHOWN); }

  [printed]() { return this.toString(); }
}
strict(Table);

/**
 * A table of rows or of a tensor. Rows are objects by column, of which `columns` picks and orders some, or arrays, whose
 * columns it names. A tensor of two axes is a grid, another one has a row for each element.
 */
export function table(source, given) {
  const { columns } = options(given, ["columns"], "table");
  if (columns !== undefined && !Array.isArray(columns)) throw new TypeError(`table's columns are an array of names, not ${kindOf(columns)}`);
  const names = columns?.map(name => string(name, "the name of a table's column"));
  if (source instanceof Tensor) return new Table(selected(tables.ofTensor(javaTensor(source, "table's first argument")), names));
  if (!Array.isArray(source)) throw new TypeError(`table takes an array of rows or a Tensor, not ${kindOf(source)}`);
  return new Table(source.length > 0 && source.every(Array.isArray) ? ofArrays(source, names) : ofObjects(source, names));
}

const selected = (java, columns) => columns === undefined ? java : tables.select(java, columns);

function ofArrays(rows, names = rows[0].map((_, i) => String(i))) {
  const odd = rows.findIndex(row => row.length !== names.length);
  if (odd >= 0) throw new RangeError(`table: row ${odd} has ${rows[odd].length} cells, but there are ${names.length} columns`);
  return tables.ofCells(names, rows.flat().map(cell));
}

function ofObjects(rows, names) {
  rows.forEach((row, i) => {
    if (typeof row !== "object" || row === null || Array.isArray(row)) throw new TypeError(`table's rows are all objects or all arrays; row ${i} is ${kindOf(row)}`);
  });
  const known = [...new Set(rows.flatMap(row => Object.keys(row)))];
  const java = tables.ofCells(known.length === 0 && names ? names : known, rows.flatMap(row => known.map(name => cell(row[name]))));
  return selected(java, names);
}

// numbers, strings, true and false as they are, nothing as an empty cell, all else as it prints
function cell(value) {
  if (value === undefined || value === null) return null;
  if (value instanceof Tensor && value.shape.length === 0) return value.item();
  return ["number", "string", "boolean"].includes(typeof value) ? value : format(value);
}
