package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.graalvm.polyglot.Value;

/** What the module's JavaScript hands over, as Java values; the module has checked it before. */
final class Arguments {

    private Arguments() {}

    static List<String> strings(Value array) {
        List<String> strings = new ArrayList<>();
        for (long i = 0; i < array.getArraySize(); i++) strings.add(array.getArrayElement(i).asString());
        return strings;
    }

    static int[] ints(Value array) {
        int[] ints = new int[Math.toIntExact(array.getArraySize())];
        for (int i = 0; i < ints.length; i++) ints[i] = array.getArrayElement(i).asInt();
        return ints;
    }

    static double[] doubles(Value array) {
        double[] doubles = new double[Math.toIntExact(array.getArraySize())];
        for (int i = 0; i < doubles.length; i++) doubles[i] = array.getArrayElement(i).asDouble();
        return doubles;
    }

    /** Null or undefined is absent. */
    static Optional<List<Integer>> optionalInts(Value array) {
        if (array.isNull()) return Optional.empty();
        List<Integer> ints = new ArrayList<>();
        for (int value : ints(array)) ints.add(value);
        return Optional.of(ints);
    }

    /** Java objects that the module keeps as handles. */
    static <T> List<T> objects(Value array, Class<T> type) {
        List<T> objects = new ArrayList<>();
        for (long i = 0; i < array.getArraySize(); i++)
            objects.add(type.cast((Object) array.getArrayElement(i).asHostObject()));
        return objects;
    }
}
