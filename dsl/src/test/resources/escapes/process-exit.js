// Ends the process.
// expect: 3 | quit is not defined
quit();
