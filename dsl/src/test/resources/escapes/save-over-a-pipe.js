// Saves a table over a named pipe of a folder that it may write.
// expect: 3 | is not a regular file
// options: --allow-write WRITABLE
import { args, table } from "lens"; table([{ a: 1 }]).save(args.writable + "/pipe.csv");
