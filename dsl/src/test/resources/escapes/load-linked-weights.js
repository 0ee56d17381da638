// Opens a folder of its own whose weights are a link.
// expect: 3 | which leads to
import { load } from "lens"; load("model-with-link");
