// Compiles text with every constructor of functions.
// expect: 0
import { check } from "lens";
const text = "return typeof Java + typeof Polyglot + typeof process + typeof __lens";
const kinds = [function () {}, async function () {}, function* () {}, async function* () {}];
const found = [];
for (const kind of kinds) {
  const made = kind.constructor(text)();
  found.push(typeof made === "string" ? made : (made.next ? (await made.next()).value : await made));
}
check("the text sees no more", found.every(seen => seen === "undefinedundefinedundefinedundefined"));
