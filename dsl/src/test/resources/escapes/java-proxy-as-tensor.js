// Wraps a tensor in a proxy to watch its private state.
// expect: 3 | TypeError
import { tensor } from "lens";
new Proxy(tensor([1], ["pos"]), { get: (target, key, self) => Reflect.get(target, key, self) }).mean();
