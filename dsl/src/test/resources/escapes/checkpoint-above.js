// Keeps a checkpoint of a training in another folder.
// expect: 3 | a checkpoint is named by letters
import { tasks, train } from "lens";
const config = { nLayers: 1, nHeads: 1, dModel: 8 };
train({ config, data: tasks.copying({}), steps: 1, batch: 1, checkpoint: { name: "../../secret/x" } });
