// Imports the file of the module that reaches Java.
// expect: 3 | cannot import
import * as inside from "/lens:/host.js";
