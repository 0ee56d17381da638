// Repeats a text more often than there is memory.
// expect: 3 | RangeError
"x".repeat(2 ** 40);
