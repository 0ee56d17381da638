// Saves a table through a link of its own folder.
// expect: 3 | lies outside the run's folder
import { args, table } from "lens"; table([{ a: 1 }]).save(args.scripts + "/up/secret/a.csv");
