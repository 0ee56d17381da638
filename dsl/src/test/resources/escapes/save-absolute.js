// Saves a table in another folder.
// expect: 3 | lies outside the run's folder
import { args, table } from "lens"; table([{ a: 1 }]).save(args.secret + "/a.csv");
