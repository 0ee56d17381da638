package org.tornadolens.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/**
 * Operations added to a program for the cache, each directly after its source value, so that the source need not live
 * until the end of the run.
 */
final class Derived {

    private final Map<Value, List<Operation>> after = new HashMap<>();

    /** Adds an operation on {@code source} unless it is already there, and returns its value. */
    Value add(Value source, Operation operation) {
        List<Operation> operations = after.computeIfAbsent(source, s -> new ArrayList<>());
        if (!operations.contains(operation)) operations.add(operation);
        return operation.out();
    }

    /** Returns the selected part of a value; the value itself if everything is selected. */
    Value gather(Value value, Optional<List<Integer>> heads, Optional<List<Integer>> positions) {
        Selection selection = Selection.ALL.heads(heads).at(positions);
        if (selection.all()) return value;
        String name = value.name() + "'".repeat(value.version()) + heads.map(h -> " heads " + h).orElse("")
                + positions.map(p -> " at " + p).orElse("");
        Value out = value;
        if (heads.isPresent()) out = out.resized(name, value.headAxis(), heads.get().size());
        if (positions.isPresent()) out = out.resized(name, value.positionAxis(), positions.get().size());
        return add(value, new Operation.Gather(value, selection, out));
    }

    /** Returns the program with these operations inserted. */
    Program in(Program program) {
        List<Operation> operations = new ArrayList<>();
        program.operations().forEach(o -> emit(o, operations));
        return new Program(operations, program.kept());
    }

    private void emit(Operation operation, List<Operation> operations) {
        operations.add(operation);
        for (Operation derived : after.getOrDefault(operation.out(), List.of())) emit(derived, operations);
    }
}
