// Reads a name with a NUL character.
// expect: 3 | RangeError
import { loadTensor } from "lens"; loadTensor("data\0.npy");
