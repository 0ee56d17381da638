// Saves a hidden file.
// expect: 3 | starts with a dot
import { tensor } from "lens"; tensor([1], ["pos"]).save(".a.npy");
