// Imports a device.
// expect: 3 | cannot be read
// options: --max-time 20s
import "/dev/zero";
