package org.tornadolens.jinja;

/**
 * A token of a template.
 *
 * @param text  the data, the name, the operator, the digits of a number, or a string's value
 * @param start index in the source
 */
record Token(Kind kind, String text, int start) {

    enum Kind {
        DATA, BLOCK_BEGIN, BLOCK_END, PRINT_BEGIN, PRINT_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END
    }

    boolean is(String operator) { return kind == Kind.OPERATOR && text.equals(operator); }

    boolean named(String name) { return kind == Kind.NAME && text.equals(name); }
}
