// Reads a named pipe as a circuit.
// expect: 3 | is not a regular file
// options: --max-time 20s
import { circuit } from "lens"; circuit.load("pipe");
