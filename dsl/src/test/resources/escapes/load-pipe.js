// Opens a named pipe as a checkpoint.
// expect: 4 | regular file
// options: --max-time 20s
import { load } from "lens"; load("pipe.gguf");
