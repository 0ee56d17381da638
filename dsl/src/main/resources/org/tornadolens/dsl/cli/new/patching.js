// Where does the answer come from? Two prompts differ in one name. Values of the run with the right answer (clean) are
// put into the run with the other one (corrupted), one at a time; what restores the answer carries it.
import { chart, check, head, load, metric, patch, patching, print, record } from "lens";

const model = load();

// The prompts have the same number of tokens. The answers are single tokens, with the space before them.
const clean = "When Mary and John went to the store, John gave a drink to";
const corrupted = "When Mary and John went to the store, Mary gave a drink to";
const answer = metric.logitDiff({ correct: " Mary", wrong: " John" }); // of the last position, unless { pos } is given
const lead = answer.of(model.run(clean)).mean();
print(`Logit difference: ${lead.toFixed(2)}; corrupted: ${answer.of(model.run(corrupted)).mean().toFixed(2)}.`);

// normalize: 0 is the corrupted run, 1 the clean one.
const swap = { clean, corrupted, metric: answer, normalize: true };
const stream = patching.activation(model, { ...swap, site: "resid_pre", by: ["layer", "pos"] });
const heads = patching.activation(model, { ...swap, site: "z", by: ["layer", "head"] });
chart
  .heatmap(stream, {
    title: "Share of the answer restored by the residual stream",
    x: "token",
    y: "before layer",
    labels: { pos: model.pieces(model.tokens(clean))[0] },
    diverging: true,
  })
  .save("residual stream");
chart
  .heatmap(heads, { title: "Share of the answer restored by a head", x: "head", y: "layer", diverging: true })
  .save("heads");

// Verification the other way round: the strongest heads' output of the corrupted run, in the clean run.
const strongest = heads.top(3).map(top => head(top.layer, top.head));
const other = model.run(corrupted, { cache: strongest });
const left = answer.of(model.with(patch(strongest, { from: other })).run(clean)).mean();
print(`With ${strongest.join(", ")} of the corrupted run the logit difference is ${left.toFixed(2)}.`);

record("heads", heads);
check("these heads lower the logit difference by a tenth or more", left < 0.9 * lead);
