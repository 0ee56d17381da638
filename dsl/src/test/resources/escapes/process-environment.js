// Reads the environment as in Node.js.
// expect: 3 | process is not defined
import { print } from "lens"; print(process.env);
