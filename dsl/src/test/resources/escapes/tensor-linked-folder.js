// Reads it through a link to a folder.
// expect: 3 | which leads to
import { loadTensor } from "lens"; loadTensor("up/secret/secret.npy");
