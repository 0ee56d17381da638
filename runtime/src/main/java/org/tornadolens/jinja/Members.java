package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** What {@code value.name}, {@code value[key]} and {@code value[from:to:step]} mean. */
final class Members {

    private Members() {}

    /** {@code value.name}: a method first, then an element. */
    static Object attribute(Object value, String name) {
        if (value instanceof Undefined none) throw none.error();
        Object method = Methods.of(value, name);
        if (method != null) return method;
        return switch (value) {
            case Map<?, ?> map when map.containsKey(name) -> map.get(name);
            case Namespace space when space.values().containsKey(name) -> space.values().get(name);
            case Loop loop -> loop.get(name);
            case null, default -> missing(value, name);
        };
    }

    private static Undefined missing(Object value, Object name) {
        return new Undefined("'" + Values.type(value) + "' has no attribute '" + name + "'");
    }

    /** {@code value[key]}: an element first, then a method. */
    static Object element(Object value, Object key) {
        if (value instanceof Undefined none) throw none.error();
        if (value instanceof Map<?, ?> map && Values.has(map, key)) return map.get(key);
        if (key instanceof Long index) {
            if (value instanceof List<?> list) {
                long at = index < 0 ? index + list.size() : index;
                return at >= 0 && at < list.size() ? list.get((int) at)
                        : new Undefined("list object has no element " + index);
            }
            if (value instanceof String text) {
                int length = text.codePointCount(0, text.length());
                long at = index < 0 ? index + length : index;
                return at >= 0 && at < length
                        ? Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) at)))
                        : new Undefined("str object has no element " + index);
            }
        }
        return key instanceof String name ? attribute(value, name) : missing(value, key);
    }

    /** {@code value[from:to:step]}, where null leaves a bound out. */
    static Object slice(Object value, Object from, Object to, Object step, Budget budget) {
        if (value instanceof Undefined none) throw none.error();
        long by = step == null ? 1 : Values.whole(step, "a slice's step");
        if (by == 0) throw new JinjaException("a slice's step is 0");
        return switch (value) {
            case String text -> {
                int[] points = text.codePoints().toArray();
                budget.characters(text.length());
                StringBuilder part = new StringBuilder();
                for (int i : indices(points.length, from, to, by)) part.appendCodePoint(points[i]);
                yield part.toString();
            }
            case List<?> list -> {
                List<Object> part = new ArrayList<>();
                budget.steps(list.size());
                for (int i : indices(list.size(), from, to, by)) part.add(list.get(i));
                yield Collections.unmodifiableList(part);
            }
            case null, default -> throw new JinjaException("a " + Values.type(value) + " has no slices");
        };
    }

    /** Python's {@code slice.indices}. */
    private static int[] indices(int length, Object from, Object to, long by) {
        long first = bound(from, length, by, by > 0 ? 0 : length - 1);
        long end = bound(to, length, by, by > 0 ? length : -1);
        java.util.stream.IntStream.Builder indices = java.util.stream.IntStream.builder();
        for (long i = first; by > 0 ? i < end : i > end; i += by) indices.add((int) i);
        return indices.build().toArray();
    }

    private static long bound(Object bound, int length, long by, long otherwise) {
        if (bound == null) return otherwise;
        long at = Values.whole(bound, "a slice's bound");
        if (at < 0) at += length;
        return by > 0 ? Math.clamp(at, 0, length) : Math.clamp(at, -1, length - 1);
    }
}
