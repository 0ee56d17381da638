// The smallest experiment: run the bundled model on a sentence and print its predictions.
import { load, print } from "lens";

const model = load();
const prompt = "Once upon a";
const { logits } = model.run(prompt, { at: -1 });

print(model);
print(`Most probable tokens after "${prompt}":`);
for (const { dVocab, value } of logits.softmax("dVocab").at({ batch: 0, pos: 0 }).top(5)) {
  print(`  ${value.toFixed(3)}  ${model.pieces([dVocab])[0]}`);
}
