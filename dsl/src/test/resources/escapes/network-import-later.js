// Imports a script of the network when it runs.
// expect: 3 | cannot import "http://127.0.0.1/x.js"
await import("http://127.0.0.1/x.js");
