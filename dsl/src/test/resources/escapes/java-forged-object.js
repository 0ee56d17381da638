// Calls a method on an object that was not made by the module.
// expect: 3 | TypeError
import { tensor } from "lens";
Object.create(Object.getPrototypeOf(tensor([1], ["pos"]))).mean();
