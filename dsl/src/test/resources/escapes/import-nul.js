// Imports a name with a NUL character.
// expect: 3 | Error
await import("./a\0.js");
