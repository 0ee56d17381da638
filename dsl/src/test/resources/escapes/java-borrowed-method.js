// Calls a method of one class on another.
// expect: 3 | TypeError
import { head, tensor } from "lens";
tensor([1], ["pos"]).mean.call(head("0.1"));
