// Saves a name with a NUL character.
// expect: 3 | characters that file names do not take
import { table } from "lens"; table([{ a: 1 }]).save("a\0.csv");
