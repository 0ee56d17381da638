package org.tornadolens.jinja;

/** An expression that has been read. */
@FunctionalInterface interface Expression {

    Object value(Scope scope);
}
