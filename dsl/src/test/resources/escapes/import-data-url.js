// Imports a script from its text.
// expect: 3 | Error
import "data:text/javascript,export default 1";
