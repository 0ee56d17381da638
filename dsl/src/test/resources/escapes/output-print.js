// Prints without end.
// expect: 3 | what is printed would bring this run's output to more than
// options: --max-output 100KB
import { print } from "lens"; for (;;) print("x".repeat(1000));
