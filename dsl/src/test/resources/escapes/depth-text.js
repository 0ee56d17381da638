// Compiles deeply nested text.
// expect: 3 | Error
// options: --max-time 60s
// process: -Xmx512m
eval("(".repeat(200_000) + ")".repeat(200_000));
