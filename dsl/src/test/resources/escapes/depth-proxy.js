// Follows a proxy that asks itself.
// expect: 3 | Maximum call stack size exceeded
const p = new Proxy({}, { get: (target, key, self) => self[key] }); p.a;
