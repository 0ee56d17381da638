// Imports a file of a linked folder.
// expect: 3 | cannot be read
import "./up/secret/secret.js";
