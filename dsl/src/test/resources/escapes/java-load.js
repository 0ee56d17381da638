// Loads a script by path as the shell of the engine does.
// expect: 3 | loadWithNewGlobal is not defined
loadWithNewGlobal("/etc/passwd");
