// Asks for a buffer larger than the memory.
// expect: 3,5
new ArrayBuffer(2 ** 40);
