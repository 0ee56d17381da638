// Imports it through a folder of its own.
// expect: 3 | cannot be read
import "./folder/../../secret/secret.js";
