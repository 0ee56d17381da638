package org.tornadolens.checkpoint;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tornadolens.architecture.Settings;

/**
 * An object of a JSON file, read strictly: a name that occurs twice, a value of the wrong type and bytes that are not
 * UTF-8 are rejected with the file and the name. A null counts as absent.
 *
 * @param where  prefix of the names in messages: "", or "rope_scaling." for a nested object
 * @param values String, Boolean, Long, Double, List, Map or null
 */
record Json(Path file, String where, Map<String, Object> values) implements Settings {

    /** No configuration or index of shards is larger; the limit keeps a hostile file from filling the heap. */
    private static final long MAX_BYTES = 8 << 20;

    /** Reads a value from the start of a JSON text. */
    interface Reading<T> {
        T read(JsonReader json) throws IOException;
    }

    static Json read(Path file) {
        MappedFile mapped = MappedFile.open(file);
        if (mapped.size() > MAX_BYTES)
            throw new CheckpointException(file, "has " + mapped.size() + " bytes, too many for a configuration");
        byte[] bytes = mapped.cursor(0).bytes(mapped.size());
        return new Json(file, "",
                parse(file, "is not JSON", new ByteArrayInputStream(bytes), json -> object(file, json)));
    }

    /**
     * Applies {@code reading} to a JSON text.
     *
     * @throws CheckpointException one line that starts with the file and {@code complaint}, where the text is malformed
     */
    static <T> T parse(Path file, String complaint, InputStream bytes, Reading<T> reading) {
        JsonReader json = new JsonReader(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()));
        json.setStrictness(Strictness.STRICT);
        try {
            T result = reading.read(json);
            if (json.peek() != JsonToken.END_DOCUMENT)
                throw new CheckpointException(file, complaint + ": something follows the object");
            return result;
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw new CheckpointException(file, complaint + ": " + firstLine(e));
        }
    }

    /** Of what the library says, the place, and the problem but where it is about the use of the library. */
    private static String firstLine(Exception e) {
        if (e instanceof CharacterCodingException) return "it is not UTF-8";
        if (e.getMessage() == null) return e.getClass().getSimpleName();
        String line = e.getMessage().lines().findFirst().orElse("");
        return line.startsWith("Use JsonReader.") ? "it is malformed" + line.replaceFirst(".*?( at line |$)", "$1")
                : line;
    }

    private static Map<String, Object> object(Path file, JsonReader json) throws IOException {
        Map<String, Object> values = new LinkedHashMap<>();
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (values.containsKey(name)) throw new CheckpointException(file, "\"" + name + "\" occurs twice");
            values.put(name, value(file, json));
        }
        json.endObject();
        return values;
    }

    private static Object value(Path file, JsonReader json) throws IOException {
        return switch (json.peek()) {
            case BEGIN_OBJECT -> object(file, json);
            case BEGIN_ARRAY -> {
                List<Object> list = new ArrayList<>();
                json.beginArray();
                while (json.hasNext()) list.add(value(file, json));
                json.endArray();
                yield list;
            }
            case STRING -> json.nextString();
            case BOOLEAN -> json.nextBoolean();
            case NUMBER -> parsed(json.nextString());
            case NULL -> {
                json.nextNull();
                yield null;
            }
            default -> throw new IllegalStateException("unexpected " + json.peek());
        };
    }

    private static Object parsed(String text) {
        boolean whole = text.length() <= 18 && text.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9');
        return whole ? (Object) Long.parseLong(text) : (Object) Double.parseDouble(text);
    }

    @Override public boolean has(String name) { return values.get(name) != null; }

    @Override public boolean mentions(String name) { return values.containsKey(name); }

    Set<String> names() { return values.keySet(); }

    boolean isObject(String name) { return values.get(name) instanceof Map<?, ?>; }

    boolean isText(String name) { return values.get(name) instanceof String; }

    /** Returns the objects of an array. */
    List<Json> objects(String name) {
        if (!(require(name) instanceof List<?> list)) return wrongly(name, "an array of objects");
        List<Json> objects = new ArrayList<>();
        for (Object each : list) {
            objects.add(each instanceof Map<?, ?> map ? new Json(file, where + name + ".", named(map))
                    : wrongly(name, "an array of objects"));
        }
        return objects;
    }

    /** Returns the texts of an array of tokens, each a string or an object with its content. */
    List<String> contents(String name) {
        if (!(require(name) instanceof List<?> list)) return wrongly(name, "an array of tokens");
        List<String> texts = new ArrayList<>();
        for (Object each : list) {
            if (each instanceof String text) texts.add(text);
            else if (each instanceof Map<?, ?> map && map.get("content") instanceof String text) texts.add(text);
            else return wrongly(name, "an array of tokens");
        }
        return texts;
    }

    @Override public List<String> texts(String name) {
        if (!(require(name) instanceof List<?> list)) return wrongly(name, "an array of strings");
        List<String> texts = new ArrayList<>();
        for (Object each : list) texts.add(each instanceof String text ? text : wrongly(name, "an array of strings"));
        return texts;
    }

    @Override public int integer(String name) {
        return switch (require(name)) {
            case Long n when n == n.intValue() -> n.intValue();
            case Double d when d == d.intValue() -> d.intValue();   // 4096.0
            case Object other -> throw wrong(name, other, "a whole number within 32 bits");
        };
    }

    @Override public int integer(String name, int otherwise) { return has(name) ? integer(name) : otherwise; }

    OptionalInt optionalInteger(String name) { return has(name) ? OptionalInt.of(integer(name)) : OptionalInt.empty(); }

    double number(String name) {
        return switch (require(name)) {
            case Long n -> n.doubleValue();
            case Double d when Double.isFinite(d) -> d;
            case Object other -> throw wrong(name, other, "a finite number");
        };
    }

    @Override public double number(String name, double otherwise) { return has(name) ? number(name) : otherwise; }

    @Override public boolean flag(String name, boolean otherwise) {
        if (!has(name)) return otherwise;
        return require(name) instanceof Boolean flag ? flag : wrongly(name, "true or false");
    }

    @Override public String text(String name, String otherwise) { return has(name) ? text(name) : otherwise; }

    String text(String name) { return require(name) instanceof String text ? text : wrongly(name, "a string"); }

    Optional<Json> object(String name) {
        if (!has(name)) return Optional.empty();
        return require(name) instanceof Map<?, ?> map ? Optional.of(new Json(file, where + name + ".", named(map)))
                : wrongly(name, "an object");
    }

    @SuppressWarnings("unchecked")   // made by object() above: the keys are strings
    private static Map<String, Object> named(Map<?, ?> map) { return (Map<String, Object>) map; }

    /** Always false: a configuration describes the tensors of its checkpoint by settings only. */
    @Override public boolean holds(String tensor) {
        return false;
    }

    @Override public CheckpointException problem(String name, String problem) {
        return new CheckpointException(file, where + name + " " + problem);
    }

    private Object require(String name) {
        if (!has(name)) throw problem(name, "is missing");
        return values.get(name);
    }

    private <T> T wrongly(String name, String needed) { throw wrong(name, values.get(name), needed); }

    private CheckpointException wrong(String name, Object value, String needed) {
        String shown = String.valueOf(value);
        return problem(name,
                "is " + (shown.length() > 40 ? shown.substring(0, 40) + "…" : shown) + "; it must be " + needed);
    }
}
