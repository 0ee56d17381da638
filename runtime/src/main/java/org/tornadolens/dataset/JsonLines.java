package org.tornadolens.dataset;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.Nearest;

/** One JSON object a line; blank lines are passed over. */
final class JsonLines implements RecordReader {

    private final Lines lines;
    private final String name;
    private final Set<String> columns;

    JsonLines(Lines lines, String name, Set<String> columns) {
        this.lines = lines;
        this.name = name;
        this.columns = columns;
    }

    @Override public Optional<Entry> next() throws IOException {
        while (lines.next()) {
            String text = lines.text(), place = name + " line " + lines.number();
            if (text == null) return Optional.of(new Entry.Invalid(place, lines.problem()));
            if (!text.isBlank()) return Optional.of(parsed(text, place));
        }
        return Optional.empty();
    }

    private Entry parsed(String text, String place) throws IOException {
        Map<String, String> found = new LinkedHashMap<>();
        Set<String> known = new LinkedHashSet<>();
        try (JsonReader json = new JsonReader(new StringReader(text))) {
            json.setStrictness(Strictness.STRICT);
            if (json.peek() != JsonToken.BEGIN_OBJECT) return new Entry.Invalid(place, "the line is no JSON object");
            json.beginObject();
            while (json.hasNext()) {
                String column = json.nextName();
                known.add(column);
                if (!columns.contains(column)) {
                    json.skipValue();
                    continue;
                }
                switch (json.peek()) {
                    case STRING, NUMBER -> found.put(column, json.nextString());
                    case BOOLEAN -> found.put(column, String.valueOf(json.nextBoolean()));
                    case NULL -> {
                        return new Entry.Invalid(place, "\"" + column + "\" is null");
                    }
                    default -> {
                        return new Entry.Invalid(place, "\"" + column + "\" is no text");
                    }
                }
            }
            json.endObject();
            if (json.peek() != JsonToken.END_DOCUMENT) return new Entry.Invalid(place, "more follows the object");
        } catch (MalformedJsonException | EOFException e) {
            return new Entry.Invalid(place, "the line is no JSON");
        }
        for (String column : columns)
            if (!found.containsKey(column))
                return new Entry.Invalid(place, Nearest.message("column", column, known));
        return new Entry.Read(place, found);
    }

    @Override public void close() throws IOException { lines.close(); }
}
