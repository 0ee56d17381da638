// Imports a file above its folder.
// expect: 3 | cannot be read
import "../secret/secret.js";
