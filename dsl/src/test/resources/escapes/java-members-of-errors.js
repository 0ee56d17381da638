// Looks for the Java exception behind an error.
// expect: 0
import { check, tensor } from "lens";
let error;
try { tensor([1, 2], ["pos"]).mean("nothing"); } catch (caught) { error = caught; }
check("it is an error of JavaScript", error instanceof RangeError && error.constructor === RangeError);
const members = ["getMessage", "getCause", "printStackTrace", "getClass", "cause", "suppressed"];
check("it shows no member of Java", members.every(name => error[name] === undefined));
check("its stack names no class of Java", !/java\.|org\.tornadolens|org\.graalvm/.test(error.stack));
