// Evaluates another language.
// expect: 3 | Polyglot is not defined
Polyglot.eval("js", "1");
