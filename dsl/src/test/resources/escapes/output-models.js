// Saves models without end.
// expect: 3 | --max-output SIZE allows more
// options: --max-output 20MB
import { load } from "lens"; const model = load(); for (let i = 0; ; i++) model.save("m" + i);
