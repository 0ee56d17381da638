package org.tornadolens.program;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operations have the traits that their components imply: rewrites look at traits, not at records. */
class OperationTraitsTest {

    static Stream<Class<?>> operations() { return records(Operation.class).distinct(); }

    private static Stream<Class<?>> records(Class<?> type) {
        if (type.isRecord()) return Stream.of(type);
        return Stream.of(type.getPermittedSubclasses()).flatMap(OperationTraitsTest::records);
    }

    @ParameterizedTest
    @MethodSource("operations") void anOperationIsOfOneKind(Class<?> operation) {
        List<Class<?>> kinds = Stream.of(Operation.class.getPermittedSubclasses())
                .filter(kind -> kind.isAssignableFrom(operation)).toList();
        assertEquals(1, kinds.size(), operation + " is " + kinds);
    }

    @ParameterizedTest
    @MethodSource("operations") void whatHoldsAParameterReadsIt(Class<?> operation) {
        boolean holds = Stream.of(operation.getRecordComponents()).anyMatch(c -> c.getType() == Parameter.class);
        assertEquals(holds, Parameterised.class.isAssignableFrom(operation), operation.toString());
    }

    @ParameterizedTest
    @MethodSource("operations") void whatHoldsASelectionIsSelective(Class<?> operation) {
        boolean holds = Stream.of(operation.getRecordComponents()).map(RecordComponent::getName)
                .anyMatch("selection"::equals);
        assertEquals(holds, Selective.class.isAssignableFrom(operation), operation.toString());
    }
}
