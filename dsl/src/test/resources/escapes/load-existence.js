// Asks by load what exists.
// expect: 0
import { args, check, load } from "lens";
const words = path => { try { load(path); return ""; } catch (error) { return error.message; } };
const same = (there, absent) =>
  words(there) !== "" && words(there).replaceAll(there, "X") === words(absent).replaceAll(absent, "X");
check("the words are the same for a file", same("/etc/passwd", "/etc/absent"));
check("for a model", same(args.secret + "/model", args.secret + "/absent"));
check("and for a model of the hub", same("org/there", "org/absent"));
