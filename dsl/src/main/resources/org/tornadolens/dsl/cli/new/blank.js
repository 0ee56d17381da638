// What this experiment asks, and how it answers it.
import { check, load, print, record } from "lens";

// The bundled model; `lens run NAME.js --model PATH` takes another: a Hugging Face folder, a .gguf file, "ORG/NAME".
const model = load();

// `cache` names the values to keep: hook names, in which * stands for any characters.
const run = model.run("The cat sat on the mat. The cat sat on the", { cache: "blocks.*.attn.hook_pattern" });
print(run.cache.get("blocks.0.attn.hook_pattern")); // a tensor [batch, head, dest, src]

const last = run.logits.at({ batch: 0, pos: -1 }); // [dVocab]
print("next:", model.text([last.argmax()]));

record("largest logit", last.max()); // into out/NAME/run.json
check("logits are finite", Number.isFinite(last.norm())); // a false one makes the exit code 1
