// Gives options that record who asks for what.
// expect: 0
import { check, load } from "lens";
const seen = [];
const watch = target => new Proxy(target, {
  get(object, key, self) {
    seen.push(object, self);
    return Reflect.get(object, key);
  },
  ownKeys(object) {
    seen.push(object);
    return Reflect.ownKeys(object);
  },
});
try { load().run("a", watch({ cache: "hook_embed" })); } catch { /* a refusal is as good */ }
check("the traps see no object of Java",
  !seen.some(object => ["getClass", "class"].some(name => Object.hasOwn(object, name))));
