package org.tornadolens.program;

/** An operation that reads a parameter of the model. */
public interface Parameterised {
    Parameter parameter();
}
