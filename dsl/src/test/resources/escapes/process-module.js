// Imports a module of Node.js.
// expect: 3 | cannot import "node:child_process"
import "node:child_process";
