// Catches the interrupt of the engine, over and over.
// expect: 130 | it ran longer than --max-time 4s
// options: --max-time 4s
// process: -Xmx512m
import { load } from "lens";
const model = load();
for (;;) try { model.run("When Mary and John went to the store"); } catch { /* again */ }
