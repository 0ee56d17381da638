// Saves a model in another folder.
// expect: 3 | lies outside the run's folder
import { args, load } from "lens"; load().save(args.secret + "/mine");
