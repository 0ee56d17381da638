// Tables: printed in columns, saved as CSV, JSON Lines and Parquet.
import { java, kindOf } from "./host.js";
import { string } from "./checks.js";
import { format, part, printed } from "./format.js";
import { rangeError, typeError } from "./mistakes.js";
import { optional, options } from "./options.js";
import { strict } from "./strict.js";
import { Tensor, javaOf as javaTensor } from "./tensor.js";
import * as is from "./types.js";

const tables = java("tables");
const MOST_SHOWN = 40;      // rows; a file has all of them

export class Table {
  #java;

  constructor(java) { this.#java = java; }

  get columns() { return Array.from(tables.columns(this.#java)); }

  get rows() {
    const names = this.columns, cells = Array.from(tables.cells(this.#java)), rows = [];
    for (let at = 0; at < cells.length; at += names.length) {
      rows.push(Object.fromEntries(names.map((name, i) => [name, cells[at + i]])));
    }
    return rows;
  }

  print() {
    tables.print(this.#java, MOST_SHOWN);
    return this;
  }

  save(name) {
    tables.save(this.#java, string(name, "the name of a table's file"));
    return this;
  }

  toString() { return tables.text(this.#java, MOST_SHOWN); }

  [printed]() { return this.toString(); }

  [part](reports) { return reports.table(this.#java); }
}
strict(Table);

const columnNames = is.declared("string[]", (columns, what) => {
  if (!Array.isArray(columns)) throw typeError(`${what} are an array of names, not ${kindOf(columns)}`);
  return columns.map(name => string(name, "the name of a table's column"));
});

const tableOptions = options("TableOptions", { columns: optional(columnNames) });

const loadTableOptions = options("LoadTableOptions", { columns: optional(columnNames, () => []) });

/**
 * A table of rows or of a tensor. Rows are objects by column, of which `columns` picks and orders some, or arrays, with
 * `columns` as their names. A tensor of two axes becomes a grid, any other one row for each element.
 */
export function table(source, given) {
  const { columns } = tableOptions(given, "table");
  if (source instanceof Tensor) {
    return new Table(selected(tables.ofTensor(javaTensor(source, "table's first argument")), columns));
  }
  if (!Array.isArray(source)) throw typeError(`table takes an array of rows or a Tensor, not ${kindOf(source)}`);
  const arrays = source.length > 0 && source.every(Array.isArray);
  return new Table(arrays ? ofArrays(source, columns) : ofObjects(source, columns));
}

/** A table from a .jsonl or .parquet file, or some of its columns. */
export function loadTable(file, given) {
  const { columns } = loadTableOptions(given, "loadTable");
  return new Table(tables.load(string(file, "loadTable's file"), columns));
}

const selected = (java, columns) => columns === undefined ? java : tables.select(java, columns);

function ofArrays(rows, names = rows[0].map((_, i) => String(i))) {
  const odd = rows.findIndex(row => row.length !== names.length);
  if (odd >= 0) {
    throw rangeError(`table: row ${odd} has ${rows[odd].length} cells, but there are ${names.length} columns`);
  }
  return tables.ofCells(names, rows.flat().map(cell));
}

function ofObjects(rows, names) {
  rows.forEach((row, i) => {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw typeError(`table's rows are all objects or all arrays; row ${i} is ${kindOf(row)}`);
    }
  });
  const known = [...new Set(rows.flatMap(row => Object.keys(row)))];
  const columns = known.length === 0 && names ? names : known;
  return selected(tables.ofCells(columns, rows.flatMap(row => known.map(name => cell(row[name])))), names);
}

// numbers, strings, true and false as they are, nothing as an empty cell, all else as it prints
function cell(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value;
  if (value instanceof Tensor && value.shape.length === 0) return value.item();
  return ["number", "string", "boolean"].includes(typeof value) ? value : format(value);
}
