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
 * Values made beside a program for the cache, each right after the value that it is made from, so that this one need not
 * live until the end of the run.
 */
final class Derived {

    private final Map<Value, List<Operation>> after = new HashMap<>();

    /** Makes a value from {@code source}; the same twice is made once. */
    Value add(Value source, Operation operation) {
        List<Operation> operations = after.computeIfAbsent(source, s -> new ArrayList<>());
        if (!operations.contains(operation)) operations.add(operation);
        return operation.out();
    }

    /** The selected part of a value; the value itself where that is all of it. */
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

    /** The program with these values in it. */
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
