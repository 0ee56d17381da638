// Evaluates text in the global scope.
// expect: 0
import { check } from "lens";
check("it sees no more", (0, eval)("typeof Java + typeof __lens") === "undefinedundefined");
