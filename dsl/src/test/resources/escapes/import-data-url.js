// Imports a script from its text.
// expect: 3 | cannot import "data:
import "data:text/javascript,export default 1";
