// Runs a model in the hook of a run, for ever.
// expect: 3 | does a hook run the model with itself
// options: --max-time 60s
import { hook, load } from "lens";
const model = load(), again = () => model.run([[1]], { hooks: [hook("hook_embed", again)] });
again();
