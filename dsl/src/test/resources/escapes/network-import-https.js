// Imports a script of the network.
// expect: 3 | cannot import "https://example.org/x.js"
import "https://example.org/x.js";
