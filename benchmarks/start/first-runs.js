// The first run of a fresh process and later ones: what=run takes 15 tokens, what=generate 200 new ones. One of
// start.py's measurements; by itself: lens run benchmarks/start/first-runs.js --arg what=generate
import { args, load, print, record } from "lens";

const model = load();
const tokens = model.random({ length: 15, seed: 1, bos: false });
const work = {
  run: () => model.run(tokens),
  generate: () => model.generate(tokens, { max: 200, stop: [] }),
}[args.what ?? "run"];

const times = [];
const began = Date.now();
while (times.length < 2 || times.length < 50 && Date.now() - began < 12_000) {
  const start = Date.now();
  work();
  times.push((Date.now() - start) / 1000);
}
const [first, ...later] = times, warm = Math.min(...later);
record("first", first);
record("warm", warm);
print(`${args.what ?? "run"}: first ${first} s, warm ${warm} s, ${(first / warm).toFixed(1)} times`);
print(`in order: ${times.slice(0, 12).join(" ")}`);
