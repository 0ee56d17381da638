// Saves a table above the run's folder.
// expect: 3 | leads out of the run folder
import { table } from "lens"; table([{ a: 1 }]).save("../a.csv");
