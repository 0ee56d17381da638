// Imports a file by its URL.
// expect: 3 | cannot
import "file:///etc/passwd";
