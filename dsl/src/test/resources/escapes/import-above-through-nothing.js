// Imports it through a folder that does not exist.
// expect: 3 | cannot be read
import "./nothing/../../secret/secret.js";
