// Imports data of another folder as a module.
// expect: 3 | cannot be read
import data from "../secret/secret.json" with { type: "json" };
