package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.Collection;

/** Python's tuple: a list that is written in parentheses, and that equals no list. */
final class Tuple extends ArrayList<Object> {

    Tuple(Collection<?> elements) { super(elements); }
}
