// Awaits one promise after the other.
// expect: 130 | it ran longer than --max-time 2s
// options: --max-time 2s
// process: -Xmx512m
for (;;) await null;
