package org.tornadolens.jinja;

import java.util.List;

/** The variable {@code loop} of a for loop. */
final class Loop {

    private final List<Object> items;
    private int index;
    private Object last = this;   // what changed() was called with

    Loop(List<Object> items) { this.items = items; }

    void at(int index) { this.index = index; }

    Object get(String name) {
        int length = items.size();
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) length - index;
            case "revindex0" -> length - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == length - 1;
            case "length" -> (long) length;
            case "depth" -> 1L;   // of recursive loops, which there are none
            case "depth0" -> 0L;
            case "previtem" -> index == 0 ? new Undefined("there is no previous item") : items.get(index - 1);
            case "nextitem" -> index == length - 1 ? new Undefined("there is no next item") : items.get(index + 1);
            case "cycle" -> (Callable) (arguments, budget) -> {
                if (arguments.positional().isEmpty()) throw new JinjaException("loop.cycle takes values");
                return arguments.positional().get(index % arguments.positional().size());
            };
            case "changed" -> (Callable) (arguments, budget) -> {
                boolean changed = last == this || !Values.same(last, arguments.positional());
                last = arguments.positional();
                return changed;
            };
            default -> new Undefined("'loop' has no attribute '" + name + "'");
        };
    }
}
