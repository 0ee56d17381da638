// Starts a process as in Node.js.
// expect: 3 | require is not defined
require("child_process").execSync("id");
