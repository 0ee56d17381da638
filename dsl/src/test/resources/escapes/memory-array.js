// Fills arrays for ever.
// expect: 5 | out of memory
// options: --max-time 120s
// process: -Xmx256m
const all = []; for (;;) all.push(new Array(100_000).fill(1.5));
