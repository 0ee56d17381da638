// Analyses of a run: direct logit attribution, the logit lens, tokens of neurons, rollout, distances of positions. What
// the run did not keep is taken from a second run of the same.
import { java, kindOf } from "./host.js";
import { integer, oneOf } from "./checks.js";
import { printed } from "./format.js";
import { javaRun } from "./handles.js";
import { rangeError, typeError } from "./mistakes.js";
import { javaModel } from "./model.js";
import { optional, options, required } from "./options.js";
import { facts, strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import { tokenOfRows } from "./tokens.js";
import * as is from "./types.js";

const analysis = java("analysis");
const models = java("models");

const oneToken = is.declared("OneToken");

// ---- direct logit attribution

const directOptions = options("DirectOptions", {
  token: optional(oneToken),
  correct: optional(oneToken),
  wrong: optional(oneToken),
  pos: optional(is.integer, -1),
  by: optional(is.oneOf("component", "layer", "head", "neuron"), "component"),
  cumulative: optional(is.boolean, false),
});

class Attribution {
  direct(run, given) {
    const { token, correct, wrong, pos, by, cumulative } = directOptions(given, "attribution.direct");
    const java = javaRun(run, "attribution.direct's first argument");
    if ((token === undefined) === (correct === undefined)) {
      throw typeError("attribution.direct takes the logit's token, { token }, "
        + "or two whose difference is meant, { correct, wrong }");
    }
    if (token !== undefined && wrong !== undefined) {
      throw typeError("attribution.direct: wrong goes with correct, not with token");
    }
    if (cumulative && ["head", "neuron"].includes(by)) {
      throw rangeError("attribution.direct: cumulative goes with components and layers, "
        + `which the residual stream passes one after the other, not with "${by}"`);
    }
    const model = models.ofRun(java), rows = analysis.rows(java);
    const ids = (tokens, option) => tokenOfRows(tokens, rows, model, `attribution.direct's ${option}`);
    return new Tensor(analysis.direct({
      run: java,
      added: token === undefined ? ids(correct, "correct") : ids(token, "token"),
      subtracted: wrong === undefined ? [] : ids(wrong, "wrong"),
      pos, by, cumulative,
    }));
  }

  labels(run, by = "component") {
    const java = javaRun(run, "attribution.labels's first argument");
    oneOf(by, ["component", "layer"], "attribution.labels's second argument");
    return Array.from(analysis.labels(java, by));
  }
}
strict(Attribution);

export const attribution = Object.freeze(new Attribution());

// ---- logit lens

export class LogitLens {
  toString() {
    const { layers, tokens, probabilities, pieces } = this;
    const width = Math.max(...layers.map(layer => layer.length));
    const likeliest = layers.map((layer, i) => {
      const ranked = pieces[0][i].at(-1).map(
        (piece, rank) => `${piece} ${probabilities.get(0, i, -1, rank).toFixed(2)}`);
      return `  ${layer.padEnd(width)}  ${ranked.join("  ")}`;
    });
    const [batch, , positions] = tokens.shape;
    return `Logit lens of ${batch} × ${positions} positions; the last of row 0:\n${likeliest.join("\n")}`;
  }

  [printed]() { return this.toString(); }
}
strict(LogitLens);

const logitLensOptions = options("LogitLensOptions", {
  of: optional(is.oneOf("residual", "attention", "mlp"), "residual"),
  pos: optional(is.integers),
  top: optional(is.integerFrom(1), 5),
  token: optional(oneToken),
});

export function logitLens(run, given) {
  const { of, pos, top, token } = logitLensOptions(given, "logitLens");
  const java = javaRun(run, "logitLens's first argument"), model = models.ofRun(java);
  const followed = token === undefined ? []
    : tokenOfRows(token, analysis.rows(java), model, "logitLens's token");
  const lens = analysis.logitLens({ run: java, of, pos, top, followed });
  const tokens = new Tensor(analysis.lensTokens(lens));
  const positions = analysis.labelsOfPositions(java, pos);
  const target = name => new Tensor(analysis.lensTarget(lens, name));
  return facts(LogitLens, {
    layers: Object.freeze(Array.from(analysis.lensLayers(lens))),
    positions: Object.freeze(Array.from(positions, row => Object.freeze(Array.from(row)))),
    tokens,
    pieces: pieces(tokens, model),
    probabilities: new Tensor(analysis.lensProbabilities(lens)),
    get token() {
      if (token === undefined) {
        throw typeError('this logit lens follows no token; name one: logitLens(run, { token: " Mary" })');
      }
      const [logit, probability, rank] = ["logit", "probability", "rank"].map(target);
      return facts(Followed, { logit, probability, rank });
    },
  });
}

class Followed {}
strict(Followed);

/** A tensor of ids as nested arrays of pieces. */
function pieces(ids, model) {
  const labels = Array.from(analysis.pieces(model, ids.toArray().flat(Infinity)));
  let at = 0;
  const nested = axis => axis === ids.shape.length ? labels[at++]
    : Array.from({ length: ids.shape[axis] }, () => nested(axis + 1));
  return nested(0);
}

// ---- neurons, attention and residual stream

const neuronTokensOptions = options("NeuronTokensOptions", {
  layer: required(is.integer, "a layer"),
  neurons: optional(is.integers),
  top: optional(is.integerFrom(1), 10),
});

/** neuronTokens(model, { layer: 3, neurons: [12, 500], top: 10 }) */
export function neuronTokens(model, given) {
  const { layer, neurons, top } = neuronTokensOptions(given, "neuronTokens");
  const java = javaModel(model, "neuronTokens's first argument");
  const named = neurons ?? Array.from({ length: model.config.dMlp }, (_, i) => i);
  const found = analysis.neuronTokens(java, layer, named, top);
  const tokens = new Tensor(analysis.neuronIds(found)), logits = new Tensor(analysis.neuronLogits(found)).toArray();
  const words = pieces(tokens, java);
  return named.map((neuron, i) => ({ layer, neuron, tokens: words[i], logits: logits[i] }));
}

export function rollout(run) { return new Tensor(analysis.rollout(javaRun(run, "rollout's argument"))); }

class ResidualDistance {}
strict(ResidualDistance);

const PAIRS = "pairs of positions, { pairs: [[3, 7], [2, -1]] }";

const pairs = is.declared("number[][]", (value, what) => {
  if (!Array.isArray(value) || value.some(pair => !Array.isArray(pair) || pair.length !== 2)) {
    throw typeError(`residualDistance takes ${PAIRS}, not ${kindOf(value)}`);
  }
  return value.flat().map(position => integer(position, `a position in ${what}`));
});

const residualDistanceOptions = options("ResidualDistanceOptions", { pairs: required(pairs, PAIRS) });

/** residualDistance(run, { pairs: [[3, 7], [2, -1]] }) */
export function residualDistance(run, given) {
  const { pairs } = residualDistanceOptions(given, "residualDistance");
  const [distance, cosine] = analysis.residualDistance(javaRun(run, "residualDistance's first argument"), pairs);
  return facts(ResidualDistance, { distance: new Tensor(distance), cosine: new Tensor(cosine) });
}
