// Climbs the constructors of a function of the module to the global object.
// expect: 0
import { check, print } from "lens";
const world = print.constructor.constructor("return this")();
check("it is the script's own", world === globalThis && !("Java" in world));
