// Looks for threads, timers and realms.
// expect: 0
import { check } from "lens";
const names = ["Worker", "setTimeout", "setInterval", "setImmediate", "queueMicrotask",
  "ShadowRealm", "requestAnimationFrame"];
check("there are none", names.every(name => !(name in globalThis)));
