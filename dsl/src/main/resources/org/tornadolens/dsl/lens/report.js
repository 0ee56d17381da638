// Reports: charts, tables, pages and texts of a run on one page, with the record of the run.
import { java, kindOf } from "./host.js";
import { string } from "./checks.js";
import { format, part, printed } from "./format.js";
import { typeError } from "./mistakes.js";
import { strict } from "./strict.js";

const reports = java("reports");

class Report {
  #java;

  constructor(java) { this.#java = java; }

  save(name) {
    reports.save(this.#java, string(name, "the name of a report's file"));
    return this;
  }

  toString() { return reports.describe(this.#java); }

  [printed]() { return this.toString(); }
}
strict(Report);

/** One page of what a run found. A string is a paragraph, or several; other values are shown as they print. */
export function report(title, ...parts) {
  const shown = parts.map((value, i) => partOf(value, `part ${i + 1} of report(${JSON.stringify(title)}, …)`));
  return new Report(reports.of(string(title, "report's title"), shown));
}

function partOf(value, what) {
  if (typeof value === "string") return reports.text(value);
  if (value === undefined || value === null || typeof value === "function") {
    throw typeError(`${what} is a chart, a table, a page, a text or another value to print, not ${kindOf(value)}`);
  }
  if (typeof value[part] === "function") return value[part](reports);
  return reports.printed(format(value));
}
