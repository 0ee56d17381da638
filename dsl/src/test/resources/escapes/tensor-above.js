// Reads it by a relative path.
// expect: 3 | cannot be read
import { loadTensor } from "lens"; loadTensor("../secret/secret.npy");
