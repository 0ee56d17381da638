// Reads text of another folder as a circuit.
// expect: 3 | cannot be read
import { circuit } from "lens"; circuit.load("../secret/secret.json");
