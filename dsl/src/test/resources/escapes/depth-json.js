// Parses deeply nested data.
// expect: 3 | nested that deep
// options: --max-time 60s
// process: -Xmx512m
JSON.parse("[".repeat(5_000_000) + "]".repeat(5_000_000));
