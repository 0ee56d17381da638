// Reads a device as a circuit.
// expect: 3 | cannot be read
// options: --max-time 20s
import { circuit } from "lens"; circuit.load("/dev/zero");
