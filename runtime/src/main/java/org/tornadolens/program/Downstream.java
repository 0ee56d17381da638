package org.tornadolens.program;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a change reaches. Of a program in which some values are changed, only what reads them, at once or through
 * others, is computed; what that reads besides is the same as in the run without the change and is given from there.
 */
public final class Downstream {

    private final Program program;
    private final Set<Value> reached = new HashSet<>();

    /** @param changed the values whose readers are reached */
    public Downstream(Program program, Set<Value> changed) {
        this.program = program;
        for (Operation operation : program.operations()) {
            if (operation.inputs().stream().anyMatch(v -> changed.contains(v) || reached.contains(v)))
                reached.add(operation.out());
        }
    }

    /**
     * The program that computes what is reached, as far as somebody reads it. A value that is not reached is given
     * where it is among {@code available}, else computed.
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
