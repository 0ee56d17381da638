// Imports a file outside by an encoded path.
// expect: 3 | Error
import "./%2e%2e/secret/secret.js";
