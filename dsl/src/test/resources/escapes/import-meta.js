// Resolves paths by the metadata of the module.
// expect: 0
import { check } from "lens";
check("it gives no functions", Reflect.ownKeys(import.meta).every(key => typeof import.meta[key] !== "function"));
