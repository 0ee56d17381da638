// Keeps checkpoints of trainings without end.
// expect: 3 | --max-output SIZE allows more
// options: --max-output 100KB
import { tasks, train } from "lens";
const config = { nLayers: 1, nHeads: 1, dModel: 8 }, data = tasks.copying({});
for (let i = 0; ; i++) train({ config, data, steps: 1, batch: 1, checkpoint: { name: "c" + i } });
