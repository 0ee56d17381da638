// Names a class by its package.
// expect: 3 | Packages is not defined
Packages.java.lang.Runtime.getRuntime().exec("id");
