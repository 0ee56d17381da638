// Reads a link to it.
// expect: 3 | which leads to
import { circuit } from "lens"; circuit.load("link.json");
