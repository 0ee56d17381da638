package org.tornadolens.jinja;

/** What a name without a value stands for: empty and false, but an error where something is done with it. */
record Undefined(String problem) {

    JinjaException error() { return new JinjaException(problem); }
}
