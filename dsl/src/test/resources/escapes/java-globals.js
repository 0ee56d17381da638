// Looks for anything of Java, of Node.js or of a browser in the global scope.
// expect: 0
import { check } from "lens";
const names = ["Java", "JavaImporter", "Packages", "Polyglot", "Graal", "Debug", "java", "javax", "org", "com",
  "process", "require", "module", "load", "read", "readbuffer", "quit", "exit", "__lens", "importScripts",
  "Deno", "Bun"];
check("there is none", names.every(name => !(name in globalThis)));
