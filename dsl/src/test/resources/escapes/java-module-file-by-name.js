// Imports that file by the name of the module.
// expect: 3 | cannot import
await import("lens/host.js");
