// Names a source map outside, and sources that are read when an error is shown.
// expect: 3 | Error: here
throw new Error("here");
//# sourceMappingURL=../secret/secret.json
//# sourceURL=../secret/secret.js
