// Which Java object stands behind each Run and Circuit of a script, for the module's own files. Metrics take runs, and
// runs take metrics for their gradients, so that neither file can hold what both need.
import { kindOf } from "./host.js";
import { typeError } from "./mistakes.js";

const javaRuns = new WeakMap();    // Run => Java run

/** Notes the Java run behind a new Run. */
export function standsFor(run, java) { javaRuns.set(run, java); }

/** The Java run behind a Run; `what` names the value in the error. */
export function javaRun(run, what) {
  const java = javaRuns.get(run);
  if (java === undefined) throw typeError(`${what} is a Run, as model.run(…) gives it, not ${kindOf(run)}`);
  return java;
}

const javaMeans = new WeakMap();   // the means of a survey → what Java found

/** Notes the Java object behind the means of a survey. */
export function meansOf(means, java) { javaMeans.set(means, java); }

/** The Java object behind the means of a survey; undefined for anything else. */
export const javaMeansOf = means => typeof means === "object" && means !== null ? javaMeans.get(means) : undefined;

const topColumns = new WeakMap();   // SurveyTop => what Java found, and how its columns are named

/** Notes what is behind the top rows of a survey: Java's object, and a function from a site to its columns. */
export function topStandsFor(top, behind) { topColumns.set(top, behind); }

/** What is behind the top rows of a survey; `what` names the value in the error. */
export function topOf(top, what) {
  const behind = topColumns.get(top);
  if (behind === undefined) {
    throw typeError(`${what} is what collect.top has found in a survey, not ${kindOf(top)}`);
  }
  return behind;
}

const javaDatasets = new WeakMap();   // Dataset → Java dataset

export function datasetOf(dataset, java) { javaDatasets.set(dataset, java); }

/** The Java dataset behind a Dataset; undefined for anything else. */
export const javaDatasetOf = dataset =>
  typeof dataset === "object" && dataset !== null ? javaDatasets.get(dataset) : undefined;

const javaCircuits = new WeakMap();    // Circuit => Java circuit

/** Notes the Java circuit behind a new Circuit. */
export function circuitStandsFor(circuit, java) { javaCircuits.set(circuit, java); }

/** The Java circuit behind a Circuit; `what` names the value in the error. */
export function javaCircuit(circuit, what) {
  const java = javaCircuits.get(circuit);
  if (java === undefined) throw typeError(`${what} is a Circuit, as circuit(…) gives it, not ${kindOf(circuit)}`);
  return java;
}
