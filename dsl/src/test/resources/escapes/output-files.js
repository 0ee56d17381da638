// Saves more files than it may.
// expect: 3 | file number 6; --max-files N allows more
// options: --max-files 5
import { table } from "lens"; for (let i = 0; ; i++) table([{ i }]).save("t" + i);
