// Asks for a class of Java.
// expect: 3 | Java is not defined
Java.type("java.lang.System").exit(0);
