// Saves a tensor to a device.
// expect: 3 | lies outside the run's folder
import { tensor } from "lens"; tensor([1], ["pos"]).save("/dev/full.npy");
