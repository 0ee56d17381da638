// Records more than belongs into a record.
// expect: 3 | save large values as a tensor or a table
import { record } from "lens"; for (let i = 0; ; i++) record("r" + i, "x".repeat(1 << 20));
