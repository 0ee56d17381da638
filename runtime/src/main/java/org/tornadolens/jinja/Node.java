package org.tornadolens.jinja;

import java.util.List;

/** A part of a template that has been read: text, a print, or a tag with what it encloses. */
@FunctionalInterface interface Node {

    /** What follows a part within its loop. */
    enum Flow {
        ON, CONTINUE, BREAK
    }

    Flow render(Scope scope, StringBuilder out);

    /** Renders parts until one ends the turn of the loop around them. */
    static Flow all(List<Node> nodes, Scope scope, StringBuilder out) {
        for (Node node : nodes) {
            scope.budget.step();
            Flow flow = node.render(scope, out);
            if (out.length() > Budget.MAX_LENGTH) scope.budget.characters(out.length());
            if (flow != Flow.ON) return flow;
        }
        return Flow.ON;
    }

    static String text(List<Node> nodes, Scope scope) {
        StringBuilder out = new StringBuilder();
        all(nodes, scope, out);
        scope.budget.characters(out.length());
        return out.toString();
    }
}
