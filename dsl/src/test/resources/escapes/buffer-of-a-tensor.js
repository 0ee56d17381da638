// Moves, grows and reads beyond the memory of a tensor.
// expect: 0
import { check, tensor } from "lens";
const one = tensor([1, 2], ["pos"]), data = one.data;
try { data.buffer.transfer(1 << 20); } catch { /* a refusal is as good */ }
try { data.buffer.resize(1 << 20); } catch { /* a refusal is as good */ }
check("nothing lies beyond the end", data[2] === undefined && data[-1] === undefined && data[1 << 30] === undefined);
let beyond = false;
try { new Float32Array(data.buffer, 0, 1000); beyond = true; } catch { /* right */ }
check("no view reaches beyond it", !beyond);
