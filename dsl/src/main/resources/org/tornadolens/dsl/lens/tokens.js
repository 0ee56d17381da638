// Tokens: rows of token ids [batch, pos], shorter rows padded on the left.
import { java, kindOf } from "./host.js";
import { integer } from "./checks.js";
import { printed } from "./format.js";
import { rangeError, typeError } from "./mistakes.js";
import { strict } from "./strict.js";
import { Tensor } from "./tensor.js";

const tokens = java("tokens");

let javaTokens;

const places = new WeakMap();     // tokens of conversations → where their messages stand

export class Tokens {
  #java;

  static { javaTokens = given => given.#java; }

  constructor(java) {
    if (typeof java !== "object" || java === null || Array.isArray(java)) {
      throw typeError("new Tokens(…) is not for scripts; model.tokens(…) and model.random(…) make them");
    }
    this.#java = java;
  }

  get batch() { return tokens.batch(this.#java); }

  get length() { return tokens.length(this.#java); }

  get shape() { return [this.batch, this.length]; }

  get axes() { return ["batch", "pos"]; }

  get mask() { return new Tensor(tokens.mask(this.#java)); }

  get positions() {
    if (!places.has(this)) {
      throw rangeError("these tokens have no positions of messages: model.chat(…) did not make them");
    }
    return places.get(this);
  }

  row(index) {
    const row = integer(index, "a row"), rows = this.batch;
    if (row < -rows || row >= rows) throw rangeError(`there is no row ${row}; these tokens have ${rows}`);
    return Array.from(tokens.row(this.#java, row < 0 ? row + rows : row));
  }

  toArray() { return Array.from({ length: this.batch }, (_, row) => this.row(row)); }

  toJSON() { return this.toArray(); }

  toString() { return tokens.print(this.#java); }

  [printed]() { return this.toString(); }
}
strict(Tokens);

function isIds(value) {
  return (Array.isArray(value) || ArrayBuffer.isView(value)) && value.length > 0 && typeof value[0] === "number";
}

/** Notes where the messages of conversations stand in their tokens. */
export function withPositions(tokens, positions) {
  places.set(tokens, positions);
  return tokens;
}

const withoutBos = new WeakSet();   // Tokens of texts that were encoded with { bos: false }

/**
 * Tokens from text, ids or Tokens, as every function that runs a model on an input understands it. A missing BOS is
 * warned of, of texts once a model is to run on them, since parts of a text are encoded without one.
 */
export function tokensOf(input, model, bos, where) {
  if (withoutBos.has(input)) tokens.checkBos(model, javaTokens(input));
  return read(input, model, where, { bos, special: true, input: true });
}

/** Tokens from text, ids or Tokens. `input` says that a model is to run on them. */
export function read(input, model, where, { bos, special, input: runs }) {
  if (input instanceof Tokens) return input;
  const encoded = texts => {
    const made = new Tokens(tokens.encode({ model, texts, bos, special, input: runs }));
    if (!bos) withoutBos.add(made);
    return made;
  };
  const taken = rows => {
    const made = tokens.ids(rows.map(row => ids(row, where)));
    if (runs && model) tokens.checkBos(model, made);
    return new Tokens(made);
  };
  if (typeof input === "string") return encoded([input]);
  if (isIds(input)) return taken([input]);
  if (Array.isArray(input) && input.length > 0) {
    if (input.every(row => typeof row === "string")) return encoded(input);
    if (input.every(isIds)) return taken(input);
  }
  throw typeError(`${where} takes text, ids, Tokens, or an array of texts or of rows of ids, not ${kindOf(input)}`);
}

/** Whether an input is several rows, for which a function that gives one result a row gives an array. */
export const isBatch = input => input instanceof Tokens || Array.isArray(input) && typeof input[0] !== "number";

const ids = (row, where) => Array.from(row, id => integer(id, `a token id given to ${where}`, { from: 0 }));

/** The id of one token, given as its text (" Mary") or as its id. */
export function tokenId(token, model, what) {
  if (typeof token === "string") return tokens.single(model, token);
  if (typeof token === "number") return integer(token, what, { from: 0 });
  throw typeError(`${what} is a token, as text or as an id, not ${kindOf(token)}`);
}

/** One token for every row of a run: one for all of them, or an array with one for each. */
export function tokenOfRows(token, rows, model, what) {
  if (!Array.isArray(token)) return Array(rows).fill(tokenId(token, model, what));
  if (token.length !== rows) {
    throw rangeError(`${what}: ${token.length} tokens for ${rows} rows; give one for each, or one for all`);
  }
  return token.map((one, row) => tokenId(one, model, `${what} of row ${row}`));
}

export { javaTokens };
