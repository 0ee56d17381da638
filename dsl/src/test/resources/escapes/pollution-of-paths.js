// Puts a path into the prototype of all objects and strings.
// expect: 3 | Error
import { args, load } from "lens";
Object.prototype.path = args.secret + "/model";
Object.prototype.toString = () => args.secret + "/model";
load({});
load({ path: args.secret + "/model" });
