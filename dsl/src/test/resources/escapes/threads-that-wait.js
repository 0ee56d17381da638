// Waits on shared memory that nobody changes.
// expect: 3 | Error
// options: --max-time 20s
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
