// Saves a model above the run's folder.
// expect: 3 | leads out of the run folder
import { load } from "lens"; load().save("../model");
