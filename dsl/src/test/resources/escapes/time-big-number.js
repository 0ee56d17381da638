// Squares a number until it cannot be stopped.
// expect: 130,5,3
// options: --max-time 3s
// process: -Xmx256m
let n = 3n; for (;;) n *= n;
