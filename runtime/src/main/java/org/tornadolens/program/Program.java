package org.tornadolens.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A forward pass as a flat list of operations over named values, in execution order. Every experiment is a rewrite of
 * it ({@link Rewrites}), made before anything runs.
 *
 * @param operations each reads only values that an earlier one made
 * @param kept       the values that outlive the run
 */
public record Program(List<Operation> operations, Set<Value> kept) {

    public Program {
        operations = List.copyOf(operations);
        kept = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(kept));
        Set<Value> made = new HashSet<>();
        for (Operation operation : operations) {
            for (Value input : operation.inputs()) {
                if (!made.contains(input))
                    throw new IllegalArgumentException(operation + " reads " + input + " before it is made");
            }
            if (!made.add(operation.out())) throw new IllegalArgumentException(operation.out() + " is made twice");
        }
        for (Value value : kept)
            if (!made.contains(value)) throw new IllegalArgumentException("kept " + value + " is never made");
    }

    /** Returns the last version of the value with this name. */
    public Optional<Value> value(String name) {
        for (int i = operations.size() - 1; i >= 0; i--) {
            if (operations.get(i).out().name().equals(name)) return Optional.of(operations.get(i).out());
        }
        return Optional.empty();
    }

    /** Returns the number of readers of each value; being kept counts as one. */
    public Map<Value, Integer> readers() {
        Map<Value, Integer> readers = new HashMap<>();
        for (Operation operation : operations)
            for (Value input : operation.inputs()) readers.merge(input, 1, Integer::sum);
        for (Value value : kept) readers.merge(value, 1, Integer::sum);
        return readers;
    }

    /** Returns the parameters that are read, each once. */
    public List<Parameter> parameters() {
        LinkedHashSet<Parameter> parameters = new LinkedHashSet<>();
        for (Operation operation : operations) {
            if (operation instanceof Parameterised some) parameters.add(some.parameter());
        }
        return new ArrayList<>(parameters);
    }

    /** Returns the values that lie in a past where a run has one: the results of {@link Operation.Extend}. */
    public Set<Value> extended() {
        return operations.stream().filter(Operation.Extend.class::isInstance).map(Operation::out)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns the slots that the program keeps in a past, with the elements of one position of one row. */
    public Map<Operation.Extend.Slot, Long> pastSlots() {
        Map<Operation.Extend.Slot, Long> slots = new LinkedHashMap<>();
        for (Operation operation : operations) {
            if (operation instanceof Operation.Extend(Value x, Operation.Extend.Slot slot, _)) {
                slots.put(slot, x.elements(new Sizes(1, 1, 0)));
            }
        }
        return slots;
    }

    @Override public String toString() {
        return operations.stream()
                .map(o -> (kept.contains(o.out()) ? "* " : "  ") + o.out() + " = " + o.getClass().getSimpleName()
                        + o.inputs().stream().map(v -> v.name() + "'".repeat(v.version()))
                                .collect(Collectors.joining(", ", "(", ")")))
                .collect(Collectors.joining("\n"));
    }
}
