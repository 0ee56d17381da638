// What the launcher runs once after a build, to learn which classes a start needs (see StartTraining.java).
import { chart, check, heads, load, print, record, scores, table } from "lens";

const model = load();
const run = model.run("When Mary and John went to the store,", { cache: "blocks.*.attn.hook_pattern" });
const induction = scores.induction(model, { length: 8, batch: 1, seed: 1 });
print(run.logits, heads("0.*"), [1, 2, 3], { a: new Float32Array(3) });
print(model.generate("Once", { max: 2, temperature: 0 }).text);
chart.heatmap(induction, { title: "induction" }).save("induction");
table(induction).print().save("induction");
check("scores are finite", Number.isFinite(induction.max()));
record("largest", induction.max());
