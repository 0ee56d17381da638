// Calls itself for ever.
// expect: 3 | Maximum call stack size exceeded
const f = () => f() + 1; f();
