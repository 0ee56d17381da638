// Gives a path by a getter that reads differently each time.
// expect: 3 | TypeError
import { args, loadTensor } from "lens";
let asked = 0;
loadTensor({ get [Symbol.toPrimitive]() { return () => asked++ === 0 ? "data.npy" : args.secret + "/secret.npy"; } });
