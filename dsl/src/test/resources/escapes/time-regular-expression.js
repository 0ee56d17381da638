// Matches a regular expression that takes for ever.
// expect: 130 | it ran longer than --max-time 2s
// options: --max-time 2s
// process: -Xmx512m
/^(a+)+\1$/.test("a".repeat(60) + "b");
