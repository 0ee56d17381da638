// Saves more than it may.
// expect: 3 | --max-output SIZE allows more
// options: --max-output 1MB
import { tensor } from "lens"; for (let i = 0; ; i++) tensor(new Array(50_000).fill(i), ["pos"]).save(`t${i}.npy`);
