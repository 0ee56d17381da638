// Imports a file outside by a name in capitals.
// expect: 3 | cannot be read
import "../SECRET/SECRET.JS";
