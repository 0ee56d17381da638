// The Java runs behind scripts' Run objects, for the module's own files; scripts cannot reach them. Metrics unwrap runs
// and runs take metrics, so neither file can hold what both need.
import { kindOf } from "./host.js";

const javaRuns = new WeakMap();    // Run => Java run

/** Notes which Java run a new Run stands for. */
export function standsFor(run, java) { javaRuns.set(run, java); }

/** The Java run of a Run; `what` names it in the error. */
export function javaRun(run, what) {
  const java = javaRuns.get(run);
  if (java === undefined) throw new TypeError(`${what} is a Run, as model.run(…) gives it, not ${kindOf(run)}`);
  return java;
}
