// Opens a connection with fetch.
// expect: 3 | fetch is not defined
await fetch("http://127.0.0.1/");
