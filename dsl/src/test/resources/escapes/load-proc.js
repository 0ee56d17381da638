// Opens a checkpoint through /proc.
// expect: 3 | cannot be read
import { args, load } from "lens"; load("/proc/self/root" + args.secret + "/model");
