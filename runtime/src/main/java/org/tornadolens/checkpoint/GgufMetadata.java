package org.tornadolens.checkpoint;

import java.util.Map;
import java.util.OptionalInt;

/**
 * The key-value pairs of a GGUF file.
 *
 * @param values Long, Double, Boolean, String or {@link GgufArray}
 */
record GgufMetadata(MappedFile file, Map<String, Object> values) {

    boolean has(String key) { return values.containsKey(key); }

    int integer(String key) {
        return switch (require(key)) {
            case Long n when n == n.intValue() -> n.intValue();
            case GgufArray each when uniform(each, key) -> each.integers(key)[0];   // one number per layer, all equal
            case Object other -> throw wrong(key, other, "a whole number within 32 bits, the same for every layer");
        };
    }

    int integer(String key, int otherwise) { return has(key) ? integer(key) : otherwise; }

    OptionalInt optionalInteger(String key) { return has(key) ? OptionalInt.of(integer(key)) : OptionalInt.empty(); }

    double number(String key) {
        return switch (require(key)) {
            case Double d when Double.isFinite(d) -> d;
            case Long n -> n.doubleValue();
            case Object other -> throw wrong(key, other, "a finite number");
        };
    }

    double number(String key, double otherwise) { return has(key) ? number(key) : otherwise; }

    boolean flag(String key, boolean otherwise) {
        if (!has(key)) return otherwise;
        return require(key) instanceof Boolean flag ? flag : wrongly(key, "true or false");
    }

    String text(String key) { return require(key) instanceof String text ? text : wrongly(key, "a string"); }

    String text(String key, String otherwise) { return has(key) ? text(key) : otherwise; }

    GgufArray array(String key) { return require(key) instanceof GgufArray array ? array : wrongly(key, "an array"); }

    CheckpointException problem(String key, String problem) {
        return new CheckpointException(file.path(), key + " " + problem);
    }

    private boolean uniform(GgufArray array, String key) {
        if (array.count() == 0) return false;
        int[] each = array.integers(key);
        for (int n : each) if (n != each[0]) return false;
        return true;
    }

    private Object require(String key) {
        Object value = values.get(key);
        if (value == null) throw problem(key, "is missing");
        return value;
    }

    private <T> T wrongly(String key, String needed) { throw wrong(key, values.get(key), needed); }

    private CheckpointException wrong(String key, Object value, String needed) {
        String shown = value instanceof GgufArray array ? "an array of " + array.count() : String.valueOf(value);
        return problem(key,
                "is " + (shown.length() > 40 ? shown.substring(0, 40) + "…" : shown) + "; it must be " + needed);
    }
}
