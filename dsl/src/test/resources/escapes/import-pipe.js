// Imports a named pipe.
// expect: 3 | is not a file
// options: --max-time 20s
import "./pipe";
