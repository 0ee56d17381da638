// Reads a named pipe as a tensor.
// expect: 3 | is not a regular file
// options: --max-time 20s
import { loadTensor } from "lens"; loadTensor("pipe.npy");
