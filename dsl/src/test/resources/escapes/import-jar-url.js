// Imports a file from an archive.
// expect: 3 | cannot import "jar:
import "jar:file:/x.jar!/x.js";
