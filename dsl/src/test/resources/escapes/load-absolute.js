// Opens the checkpoint of another folder.
// expect: 3 | cannot be read; --allow-read
import { args, load } from "lens"; load(args.secret + "/model");
