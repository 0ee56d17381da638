// Saves a name with a NUL character.
// expect: 3 | Nul character not allowed
import { table } from "lens"; table([{ a: 1 }]).save("a\0.csv");
