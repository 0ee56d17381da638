// Imports that file by a path relative to the root.
// expect: 3 | cannot
import * as inside from "../../../../../../../../../../lens:/host.js";
