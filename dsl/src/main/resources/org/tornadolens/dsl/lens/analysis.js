// What can be read off a run. What the run did not keep is taken from the same run made once more.
import { java, kindOf, oneOf, options } from "./host.js";
import { printed } from "./format.js";
import { boolean, facts, integer, integers, strict } from "./strict.js";
import { Tensor } from "./tensor.js";
import { tokenOfRows } from "./tokens.js";
import { javaModel } from "./model.js";
import { javaRun } from "./handles.js";

const analysis = java("analysis");

// ---- direct logit attribution

class Attribution {
  direct(run, given) {
    const { token, correct, wrong, pos = -1, by = "component", cumulative = false } = options(given, ["token", "correct", "wrong", "pos", "by", "cumulative"], "direct");
    const java = javaRun(run, "attribution.direct's first argument"), model = analysis.model(java), rows = analysis.rows(java);
    if ((token === undefined) === (correct === undefined)) throw new TypeError("attribution.direct takes the logit's token, { token }, or two whose difference is meant, { correct, wrong }");
    if (token !== undefined && wrong !== undefined) throw new TypeError("attribution.direct: wrong goes with correct, not with token");
    if (cumulative === true && ["head", "neuron"].includes(by)) throw new RangeError(`attribution.direct: cumulative goes with components and layers, which the residual stream passes one after the other, not with "${by}"`);
    const added = token === undefined ? tokenOfRows(correct, rows, model, "attribution.direct's correct") : tokenOfRows(token, rows, model, "attribution.direct's token");
    const subtracted = wrong === undefined ? [] : tokenOfRows(wrong, rows, model, "attribution.direct's wrong");
    return new Tensor(analysis.direct(java, added, subtracted, integer(pos, "attribution.direct's pos"), oneOf(by, ["component", "layer", "head", "neuron"], "attribution.direct's by"),
      boolean(cumulative, "attribution.direct's cumulative")));
  }

  labels(run, by = "component") {
    return Array.from(analysis.labels(javaRun(run, "attribution.labels's first argument"), oneOf(by, ["component", "layer"], "attribution.labels's second argument")));
  }
}
strict(Attribution);

export const attribution = Object.freeze(new Attribution());

// ---- logit lens

export class LogitLens {
  toString() {
    const { layers, tokens, probabilities, pieces } = this;
    const width = Math.max(...layers.map(layer => layer.length));
    const likeliest = layers.map((layer, i) => `  ${layer.padEnd(width)}  ${pieces[0][i].at(-1).map((piece, rank) => `${piece} ${probabilities.get(0, i, -1, rank).toFixed(2)}`).join("  ")}`);
    return `Logit lens of ${tokens.shape[0]} × ${tokens.shape[2]} positions; the last of row 0:\n${likeliest.join("\n")}`;
  }

  [printed]() { return this.toString(); }
}
strict(LogitLens);

export function logitLens(run, given) {
  const { of = "residual", pos, top = 5, token } = options(given, ["of", "pos", "top", "token"], "logitLens");
  const java = javaRun(run, "logitLens's first argument"), model = analysis.model(java);
  const at = pos === undefined ? null : integers(pos, "a position in logitLens's pos");
  const lens = analysis.logitLens(java, oneOf(of, ["residual", "attention", "mlp"], "logitLens's of"), at, integer(top, "logitLens's top", { from: 1 }),
    token === undefined ? [] : tokenOfRows(token, analysis.rows(java), model, "logitLens's token"));
  const tokens = new Tensor(analysis.lensTokens(lens)), followed = name => new Tensor(analysis.lensTarget(lens, name));
  return facts(LogitLens, {
    layers: Object.freeze(Array.from(analysis.lensLayers(lens))),
    positions: Object.freeze(Array.from(analysis.labelsOfPositions(java, at), row => Object.freeze(Array.from(row)))),
    tokens,
    pieces: pieces(tokens, model),
    probabilities: new Tensor(analysis.lensProbabilities(lens)),
    get token() {
      if (token === undefined) throw new TypeError("this logit lens follows no token; name one: logitLens(run, { token: \" Mary\" })");
      return facts(Followed, { logit: followed("logit"), probability: followed("probability"), rank: followed("rank") });
    },
  });
}

class Followed {}
strict(Followed);

/** A tensor of ids as nested arrays of pieces. */
function pieces(ids, model) {
  const labels = Array.from(analysis.pieces(model, ids.toArray().flat(Infinity)));
  let at = 0;
  const nested = axis => axis === ids.shape.length ? labels[at++] : Array.from({ length: ids.shape[axis] }, () => nested(axis + 1));
  return nested(0);
}

// ---- neurons, attention and residual stream

/** neuronTokens(model, { layer: 3, neurons: [12, 500], top: 10 }) */
export function neuronTokens(model, given) {
  const { layer, neurons, top = 10 } = options(given, ["layer", "neurons", "top"], "neuronTokens");
  const java = javaModel(model, "neuronTokens's first argument");
  const named = neurons === undefined ? Array.from({ length: model.config.dMlp }, (_, i) => i) : integers(neurons, "a neuron");
  const found = analysis.neuronTokens(java, integer(layer, "neuronTokens's layer"), named, integer(top, "neuronTokens's top", { from: 1 }));
  const tokens = new Tensor(analysis.neuronIds(found)), logits = new Tensor(analysis.neuronLogits(found)).toArray(), words = pieces(tokens, java);
  return named.map((neuron, i) => ({ layer, neuron, tokens: words[i], logits: logits[i] }));
}

export function rollout(run) { return new Tensor(analysis.rollout(javaRun(run, "rollout's argument"))); }

class ResidualDistance {}
strict(ResidualDistance);

/** residualDistance(run, { pairs: [[3, 7], [2, -1]] }) */
export function residualDistance(run, given) {
  const { pairs } = options(given, ["pairs"], "residualDistance");
  if (!Array.isArray(pairs) || pairs.some(pair => !Array.isArray(pair) || pair.length !== 2)) {
    throw new TypeError(`residualDistance takes pairs of positions, { pairs: [[3, 7], [2, -1]] }, not ${kindOf(pairs)}`);
  }
  const [distance, cosine] = analysis.residualDistance(javaRun(run, "residualDistance's first argument"), pairs.flat().map(p => integer(p, "a position in residualDistance's pairs")));
  return facts(ResidualDistance, { distance: new Tensor(distance), cosine: new Tensor(cosine) });
}
