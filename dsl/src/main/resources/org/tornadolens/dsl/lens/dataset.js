// Datasets: texts of any number, read as a stream of rows.
import { java, kindOf } from "./host.js";
import { integer, isList, nonempty, number, string } from "./checks.js";
import { printed } from "./format.js";
import { datasetOf } from "./handles.js";
import { rangeError, typeError } from "./mistakes.js";
import { javaModel } from "./model.js";
import { optional, options } from "./options.js";
import { seed as runSeed } from "./script.js";
import { strict } from "./strict.js";
import { Tokens } from "./tokens.js";
import * as is from "./types.js";

const datasets = java("datasets");

const bos = is.declared('boolean | "document"', (value, what) => {
  if (value === "document") return "document";
  if (typeof value === "boolean") return value ? "row" : "none";
  throw typeError(`${what} is true, false or "document", not ${kindOf(value)}`);
});

const split = is.declared("[number, number]", (value, what) => {
  if (Array.isArray(value) && value.length === 2) return value.map(share => number(share, `each share of ${what}`));
  throw typeError(`${what} is two shares of the documents, as in [0, 0.9], not ${kindOf(value)}`);
});

/** Documents among which the next one is drawn; null for the order of the files. */
const shuffle = is.declared("boolean | number", (value, what) => {
  if (typeof value === "boolean") return value ? 10_000 : null;
  return integer(value, what, { from: 1 });
});

const datasetOptions = options("DatasetOptions", {
  column: optional(is.string, "text"),
  template: optional(is.string, null),
  documents: optional(is.oneOf("line", "paragraph"), "line"),
  pack: optional(is.boolean, false),
  length: optional(is.integerFrom(1), null),
  bos: optional(bos, () => "row"),
  eos: optional(is.boolean, false),
  special: optional(is.boolean, false),
  limit: optional(is.integerFrom(1), null),
  shuffle: optional(shuffle, () => null),
  seed: optional(is.number, () => runSeed),
  split: optional(split, null),
  invalid: optional(is.integerFrom(0), 100),
});

const tokensOptions = options("DatasetTokensOptions", { rows: optional(is.integerFrom(1), null) });

class Dataset {
  #java;

  constructor(java) {
    if (typeof java !== "object" || java === null) {
      throw typeError("new Dataset(…) is not for scripts; use dataset(…)");
    }
    this.#java = java;
    datasetOf(this, java);
  }

  tokens(model, given) {
    const { rows } = tokensOptions(given, "a dataset's tokens");
    return new Tokens(datasets.tokens(this.#java, javaModel(model, "what a dataset's tokens are for"), rows));
  }

  toString() { return datasets.describe(this.#java); }

  [printed]() { return this.toString(); }
}
strict(Dataset);

/** dataset("texts.jsonl", { column: "text", length: 128 }), dataset(["a text", "another"]), dataset([[1, 42, 7]]) */
export function dataset(source, given) {
  const { documents, ...rest } = datasetOptions(given, "dataset");
  const { column } = rest;
  return new Dataset(datasets.of({ ...sourceOf(source, column), paragraphs: documents === "paragraph", ...rest }));
}

const FILES = /\.(jsonl|ndjson|json|txt|text|csv|tsv|parquet|pq)(\.(gz|zst|zstd))?$/i;

function sourceOf(source, column) {
  const nothing = { files: null, records: null, ids: null };
  if (typeof source === "string") return { ...nothing, files: [source] };
  nonempty(source, "a dataset's source, unless it is a file,");
  if (source.every(one => typeof one === "string")) {
    if (source.every(one => FILES.test(one))) return { ...nothing, files: source };
    return { ...nothing, records: source.map(text => ({ [column]: text })) };
  }
  if (source.every(isList)) {
    return { ...nothing, ids: source.map(row => Array.from(row, id => integer(id, "a token id", { from: 0 }))) };
  }
  return { ...nothing, records: source.map(recordOf) };
}

function recordOf(record, index) {
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw typeError(`a dataset's source is a file, or an array of texts, of records or of rows of ids; element `
      + `${index} is ${kindOf(record)}`);
  }
  const texts = Object.entries(record).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  if (texts.length === 0) throw rangeError(`record ${index} of the dataset holds no text`);
  return Object.fromEntries(texts.map(([name, value]) => [name, string(String(value), name)]));
}
