// Reads a link to it.
// expect: 3 | which leads to
import { loadTensor } from "lens"; loadTensor("link.npy");
