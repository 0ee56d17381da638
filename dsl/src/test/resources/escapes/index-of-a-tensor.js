// Reads an element far outside of a tensor.
// expect: 3 | RangeError
import { tensor } from "lens"; tensor([1, 2], ["pos"]).get(1_000_000_000);
