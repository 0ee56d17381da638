// Overwrites the record of the run.
// expect: 3 | run.json is written by the run itself
import { circuit } from "lens"; circuit("c", { nodes: { a: "0.1" }, edges: [] }).save("run.json");
