// Doubles a text for ever.
// expect: 3,5
// options: --max-time 60s
// process: -Xmx256m
let t = "x"; for (;;) t += t + Math.random();
