// Replaces an export of the module.
// expect: 3 | TypeError
import * as lens from "lens";
lens.print = () => {};
