// Opens it by a relative path.
// expect: 3 | cannot be read; --allow-read
import { load } from "lens"; load("../secret/model");
