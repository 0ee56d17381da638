// Opens a checkpoint whose tokenizer would be that of the folder above its own.
// expect: 3 | the folder above it cannot be read
import { load } from "lens"; load(".");
