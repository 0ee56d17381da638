package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.graalvm.polyglot.Value;

/** Converts arguments of the module's JavaScript, which has checked them, to Java values. */
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

    /** Returns nothing for null and undefined. */
    static Optional<List<Integer>> optionalInts(Value array) {
        if (array.isNull()) return Optional.empty();
        List<Integer> ints = new ArrayList<>();
        for (int value : ints(array)) ints.add(value);
        return Optional.of(ints);
    }

    /** Returns the Java objects that the module keeps as handles. */
    static <T> List<T> objects(Value array, Class<T> type) {
        List<T> objects = new ArrayList<>();
        for (long i = 0; i < array.getArraySize(); i++)
            objects.add(type.cast((Object) array.getArrayElement(i).asHostObject()));
        return objects;
    }
}
