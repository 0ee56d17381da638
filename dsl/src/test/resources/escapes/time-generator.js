// Reads a generator without an end.
// expect: 130 | it ran longer than --max-time 2s
// options: --max-time 2s
// process: -Xmx512m
function* numbers() { for (let i = 0; ; i++) yield i; } for (const n of numbers()) void n;
