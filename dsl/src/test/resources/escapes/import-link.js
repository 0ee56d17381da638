// Imports a link that leads out.
// expect: 3 | which leads to
import "./link.js";
