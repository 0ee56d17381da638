// Asks by loadTensor and circuit.load what exists.
// expect: 0
import { args, check, circuit, loadTensor } from "lens";
const words = (read, path) => { try { read(path); return ""; } catch (error) { return error.message; } };
for (const read of [loadTensor, circuit.load]) {
  for (const folder of [args.secret, "../secret", "up/secret"]) {
    const there = words(read, folder + "/secret.npy"), absent = words(read, folder + "/absent.npy");
    check("the words are the same", there !== "" && there.replaceAll("secret.npy", "absent.npy") === absent);
  }
}
