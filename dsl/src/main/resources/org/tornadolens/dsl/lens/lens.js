// What `import … from "lens"` gives. Everything here is declared in scripts/lens.d.ts too.
export { args, check, print, record, seed } from "./run.js";
