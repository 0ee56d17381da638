// The exports of "lens": what scripts import. Each is declared in scripts/lens.d.ts, and a test compares the two.
export { args, check, print, record, seed, show } from "./script.js";
export { concat, einsum, loadTensor, stack, tensor } from "./tensor.js";
export { load } from "./model.js";
export { head, heads, layer, layers, mlp, mlps, resid, site } from "./sites.js";
export { metric } from "./metrics.js";
export { edit } from "./edits.js";
export { ablate, add, clamp, freeze, hook, patch, project, scale } from "./interventions.js";
export { scores } from "./scores.js";
export { attribution, logitLens, neuronTokens, residualDistance, rollout } from "./analysis.js";
export { attack } from "./attack.js";
export { composition } from "./composition.js";
export { circuit } from "./circuit.js";
export { patching, sweep } from "./patching.js";
export { tasks } from "./tasks.js";
export { train } from "./train.js";
export { chart } from "./chart.js";
export { html } from "./html.js";
export { table } from "./table.js";
