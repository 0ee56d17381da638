package org.tornadolens.program;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The values that depend on changed ones. A program in which some values are changed computes only those that read
 * them, directly or indirectly; their other inputs are the same as in the run without the change and are given from
 * there.
 */
public final class Downstream {

    private final Program program;
    private final Set<Value> reached = new HashSet<>();

    /** @param changed the values whose readers have to be computed */
    public Downstream(Program program, Set<Value> changed) {
        this.program = program;
        for (Operation operation : program.operations()) {
            if (operation.inputs().stream().anyMatch(v -> changed.contains(v) || reached.contains(v)))
                reached.add(operation.out());
        }
    }

    /**
     * Returns the program that computes the dependent values as far as they are read. Other values are given where they
     * are among {@code available}, and computed otherwise.
     */
    public Program from(Set<Value> available) {
        Set<Value> needed = new HashSet<>(program.kept());
        List<Operation> operations = new ArrayList<>();
        for (Operation operation : program.operations().reversed()) {
            if (!needed.contains(operation.out())) continue;
            if (!reached.contains(operation.out()) && available.contains(operation.out())) {
                operations.add(new Operation.Given(operation.out()));
            } else {
                needed.addAll(operation.inputs());
                operations.add(operation);
            }
        }
        return new Program(operations.reversed(), program.kept());
    }
}
