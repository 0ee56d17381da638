package org.tornadolens.jinja;

import java.util.HashMap;
import java.util.Map;

/** The variables of a template, of one turn of a loop, or of a macro's call; inner ones hide outer ones. */
final class Scope {

    private final Map<String, Object> variables = new HashMap<>();
    private final Scope outer;
    final Budget budget;

    private Scope(Scope outer, Budget budget) {
        this.outer = outer;
        this.budget = budget;
    }

    static Scope of(Map<String, Object> variables, Budget budget) {
        Scope scope = new Scope(null, budget);
        scope.variables.putAll(variables);
        return scope;
    }

    Scope inner() { return new Scope(this, budget); }

    void set(String name, Object value) { variables.put(name, value); }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            Object value = scope.variables.get(name);
            if (value != null || scope.variables.containsKey(name)) return value;
        }
        return new Undefined("'" + name + "' is undefined");
    }
}
