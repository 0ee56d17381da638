// Takes over the iteration of arrays while the module works.
// expect: 0
import { check, load } from "lens";
const caught = [], original = Array.prototype[Symbol.iterator];
Array.prototype[Symbol.iterator] = function () { caught.push(this); return original.call(this); };
try { load().run([[1, 2, 3]]); } finally { Array.prototype[Symbol.iterator] = original; }
let found = false;
for (let a = 0; a < caught.length; a++) {
  for (let i = 0; i < caught[a].length; i++) found ||= Reflect.has(Object(caught[a][i]), "getClass");
}
check("nothing of Java was iterated", !found);
