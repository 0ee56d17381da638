// Prints an object that holds itself, deeply.
// expect: 0
import { print } from "lens";
let deep = {};
const first = deep;
for (let i = 0; i < 20_000; i++) deep = { deep };
first.all = deep;
print(deep);
