// Reads a tensor of another folder.
// expect: 3 | cannot be read
import { args, loadTensor } from "lens"; loadTensor(args.secret + "/secret.npy");
