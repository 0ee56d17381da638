// Opens a file beside which the configuration is a link.
// expect: 3 | which leads to
import { load } from "lens"; load("model-with-linked-config/model.safetensors");
