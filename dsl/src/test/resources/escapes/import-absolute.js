// Imports a file by its absolute path.
// expect: 3 | cannot be read
import { args } from "lens"; await import(args.secret + "/secret.js");
