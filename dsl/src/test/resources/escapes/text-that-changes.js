// Gives a name that reads differently each time.
// expect: 3 | TypeError
import { args, tensor } from "lens";
let asked = 0;
tensor([1], ["pos"]).save({ toString: () => asked++ === 0 ? "a.npy" : args.secret + "/a.npy" });
