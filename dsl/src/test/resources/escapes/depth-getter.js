// Reads a property that reads itself.
// expect: 3 | Maximum call stack size exceeded
const o = { get a() { return this.a; } }; o.a;
