// Times patching maps of a model, in seconds, for times.py: the better of two runs of each, which leaves out the
// compilation by the JVM.
import { head, load, metric, patching, record } from "lens";

const model = load();
const clean = model.tokens("When Mary and John went to the store, John gave a drink to");
const corrupted = model.tokens("When Mary and John went to the store, Mary gave a drink to");
const difference = metric.logitDiff({ correct: " Mary", wrong: " John" });
const experiment = { clean, corrupted, metric: difference };

const receiver = head(Math.floor((2 * model.config.nLayers) / 3), 0);
const work = {
  resid_pre: () => patching.activation(model, { ...experiment, site: "resid_pre", by: ["layer", "pos"] }),
  attn_out: () => patching.activation(model, { ...experiment, site: "attn_out", by: ["layer", "pos"] }),
  z: () => patching.activation(model, { ...experiment, site: "z", by: ["layer", "head"] }),
  logits: () => patching.path(model, { ...experiment, receivers: "logits" }),
  q: () => patching.path(model, { ...experiment, receivers: receiver.q }),
};

record("clean", clean.row(0));
record("corrupted", corrupted.row(0));
record("answers", [model.token(" Mary"), model.token(" John")]);
for (const [name, run] of Object.entries(work)) {
  const seconds = [0, 1].map(() => {
    const start = Date.now();
    run();
    return (Date.now() - start) / 1000;
  });
  record(name, Math.min(...seconds));
}
