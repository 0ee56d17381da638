// Compiles machine code.
// expect: 3 | WebAssembly is not defined
new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
