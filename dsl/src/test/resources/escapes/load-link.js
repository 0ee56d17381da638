// Opens a link to it.
// expect: 3 | which leads to
import { load } from "lens"; load("linked-model");
