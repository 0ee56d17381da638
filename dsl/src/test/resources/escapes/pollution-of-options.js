// Puts options into the prototype of all objects.
// expect: 0
import { check, load } from "lens";
const model = load(), before = model.run("a").logits.sum();
Object.prototype.cache = true;
Object.prototype.hooks = [() => {}];
let after = before;
try { after = model.run("a", {}).logits.sum(); } catch { /* a refusal is as good */ }
delete Object.prototype.cache;
delete Object.prototype.hooks;
check("a run is the same", after === before);
