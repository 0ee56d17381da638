// Asks the engine for the frames of a stack, and functions for their callers.
// expect: 0
import { check, tensor } from "lens";
let frames = null;
Error.prepareStackTrace = (error, given) => { frames = given; return "mine"; };
try { tensor([1], ["pos"]).mean("nothing"); } catch (error) { void error.stack; }
const functions = Array.isArray(frames) ? frames.map(frame => frame.getFunction?.()).filter(Boolean) : [];
const callers = functions.filter(f => {
  try { return f.caller !== null; } catch { return false; }
});
check("no function of the module is handed out", callers.length === 0);
let refused = 0;
try { void (function () { return arguments.callee; })(); } catch { refused++; }
check("callee is refused", refused === 1);
