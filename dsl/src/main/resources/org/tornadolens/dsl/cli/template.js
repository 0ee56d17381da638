// What this experiment asks, and how it answers it.
import { load, print, check, record } from "lens";

const model = load();                                    // the bundled model; --model PATH takes another
const run = model.run("The cat sat on the mat. The cat sat on the", { cache: "blocks.*.attn.hook_pattern" });

print(run.cache.get("blocks.0.attn.hook_pattern"));      // [batch, head, dest, src]

const last = run.logits.at({ batch: 0, pos: -1 });       // [dVocab]
print("next:", model.text([last.argmax()]));

record("largest logit", last.max());                     // into out/NAME/run.json
check("logits are finite", Number.isFinite(last.norm())); // a false one makes the exit code 1
