package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

class RequestsTest {

    enum Way { UP, DOWN }

    record Inner(int n) {
        Inner {
            if (n < 0) throw new UsageException("n is " + n);
        }
    }

    record Outer(Tensor tensor, double ratio, boolean on, String name, Way way, Optional<Inner> inner, OptionalInt last,
            List<List<Integer>> rows, Map<String, Double> named) {}

    private Context context;
    private final Tensor tensor = Tensor.zeros(Shape.of("pos", 2));

    @BeforeEach void open() {
        context = Context.newBuilder("js").allowHostAccess(HostAccess.EXPLICIT)
                .option("engine.WarnInterpreterOnly", "false").build();
        context.getBindings("js").putMember("tensor", tensor);
        context.eval("js", "const good = { tensor, ratio: 2, on: true, name: 'a', way: 'down', inner: { n: 3 }, "
                + "last: undefined, rows: [[1, 2], []], named: { z: 1.5, a: 2 } };");
    }

    @AfterEach void close() { context.close(); }

    private Outer read(String changes) { return Requests.read(value("{ ...good, " + changes + " }"), Outer.class); }

    private Value value(String object) { return context.eval("js", "(" + object + ")"); }

    private String refused(String changes) {
        return assertThrows(IllegalStateException.class, () -> read(changes)).getMessage();
    }

    @Test void everyFieldIsReadByName() {
        Outer expected = new Outer(tensor, 2, true, "a", Way.DOWN, Optional.of(new Inner(3)), OptionalInt.empty(),
                List.of(List.of(1, 2), List.of()), Map.of("z", 1.5, "a", 2.0));
        assertEquals(expected, read(""));
        assertEquals(List.of("z", "a"), List.copyOf(read("").named().keySet()));
        assertEquals(OptionalInt.of(7), read("last: 7").last());
        assertEquals(Optional.empty(), read("inner: null").inner());
    }

    @Test void aFieldThatIsMissingOrUnknownIsNamed() {
        assertEquals("Inner lacks the field \"n\"",
                assertThrows(IllegalStateException.class, () -> Requests.read(value("{}"), Inner.class)).getMessage());
        assertEquals("Outer has no field \"nmae\"", refused("nmae: 'a'"));
        assertEquals("Outer.inner has no field \"m\"", refused("inner: { n: 1, m: 2 }"));
    }

    @Test void aFieldOfAnotherTypeIsNamedWithItsPlace() {
        assertEquals("Outer.ratio is no double, but 2", refused("ratio: '2'"));
        assertEquals("Outer.inner.n is no int, but 1.5", refused("inner: { n: 1.5 }"));
        assertEquals("Outer.way is no Way, but left", refused("way: 'left'"));
        assertEquals("Outer.rows[1][0] is no Integer, but x", refused("rows: [[1], ['x']]"));
        assertEquals("Outer.named.z is no Double, but true", refused("named: { z: true }"));
        assertEquals("Outer.tensor is no Tensor, but 3", refused("tensor: 3"));
        assertEquals("Outer.on is no boolean, but undefined", refused("on: undefined"));
    }

    @Test void whatARecordRefusesIsTheScriptsMistake() {
        assertEquals("n is -1", assertThrows(UsageException.class, () -> read("inner: { n: -1 }")).getMessage());
    }
}
