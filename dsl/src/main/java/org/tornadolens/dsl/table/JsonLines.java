package org.tornadolens.dsl.table;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/**
 * Tables as JSON Lines: a line of JSON for each row. JSON has no NaN and no infinities; they are written as
 * {@code NaN}, {@code Infinity} and {@code -Infinity}, as Python's json module writes and reads them. An empty cell is
 * null.
 */
final class JsonLines {

    private JsonLines() {}

    static void write(Table table, OutputStream bytes) throws IOException {
        Writer out = new OutputStreamWriter(bytes, StandardCharsets.UTF_8);
        List<Optional<ColumnType>> types = ColumnType.of(table);
        for (List<Object> row : table.rows()) {
            StringWriter line = new StringWriter();
            JsonWriter json = new JsonWriter(line);
            json.setStrictness(Strictness.LENIENT);     // for NaN
            json.beginObject();
            for (int i = 0; i < row.size(); i++) {
                json.name(WellFormed.of(table.columns().get(i)));
                value(row.get(i), types.get(i), json);
            }
            json.endObject();
            out.append(line.getBuffer()).append('\n');
        }
        out.flush();
    }

    /** A whole number in a column of others has a decimal point, so that readers see one type. */
    private static void value(Object cell, Optional<ColumnType> type, JsonWriter json) throws IOException {
        boolean real = type.equals(Optional.of(ColumnType.REAL));
        switch (cell) {
            case String text -> json.value(WellFormed.of(text));
            case Boolean yes -> json.value(yes);
            case Float number -> json.value(number);
            case Number number when real -> json.value(number.doubleValue());
            case Number number -> json.value(number);
            default -> json.nullValue();
        }
    }

    /** @param columns those to read, in their order; all if there are none */
    static Table read(Path file, String name, List<String> columns) throws IOException {
        List<Map<String, Object>> rows = new ArrayList<>();
        Set<String> known = new LinkedHashSet<>();
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line; (line = lines.readLine()) != null;) {
                number++;
                if (line.isBlank()) continue;
                rows.add(row(line, columns, known, name + ":" + number));
            }
        } catch (CharacterCodingException e) {
            throw new UsageException(name + ":" + (number + 1) + ": is not UTF-8");
        }
        if (known.isEmpty()) throw new UsageException(name + " has no rows, and so no columns");
        for (String column : columns)
            if (!known.contains(column))
                throw new UsageException(name + ": " + Nearest.message("column", column, known));
        Table table = Table.of(rows);
        return columns.isEmpty() ? table : table.select(columns);
    }

    /** @param known takes the names of all columns */
    private static Map<String, Object> row(String line, List<String> columns, Set<String> known, String place)
            throws IOException {
        Map<String, Object> row = new LinkedHashMap<>();
        JsonReader json = new JsonReader(new StringReader(marked(line)));
        json.setStrictness(Strictness.STRICT);
        try {
            json.beginObject();
            while (json.hasNext()) {
                String name = json.nextName();
                known.add(name);
                if (!columns.isEmpty() && !columns.contains(name)) json.skipValue();
                else
                    if (row.put(name, cell(json, name, place)) != null)
                        throw new UsageException(place + ": two values of \"" + name + "\"");
            }
            json.endObject();
            if (json.peek() != JsonToken.END_DOCUMENT) throw new UsageException(place + ": not one object of JSON");
        } catch (MalformedJsonException | EOFException | IllegalStateException e) {
            throw new UsageException(place + ": not one object of JSON");
        }
        return row;
    }

    private static Object cell(JsonReader json, String name, String place) throws IOException {
        return switch (json.peek()) {
            case BOOLEAN -> json.nextBoolean();
            case NULL -> {
                json.nextNull();
                yield Table.EMPTY;
            }
            case NUMBER -> number(json.nextString());
            case STRING -> {
                String text = json.nextString();
                yield text.startsWith(MARK) && text.endsWith(MARK) && text.length() > 1
                        ? (Object) Double.valueOf(text.substring(1, text.length() - 1)) : text;
            }
            default ->
                    throw new UsageException(place + ": \"" + name + "\" is a list or an object; a table's cell is a "
                            + "number, a string, true or false: leave that column out with columns");
        };
    }

    private static Object number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return Double.valueOf(text);
        }
    }

    private static final String MARK = "\uDC00";    // around what was NaN in the line: no text of UTF-8 has it
    private static final List<String> NOT_JSON = List.of("NaN", "Infinity", "-Infinity");

    /** Returns a line with NaN and infinities as marked strings, for a reader of strict JSON. */
    private static String marked(String line) {
        if (!line.contains("NaN") && !line.contains("Infinity")) return line;
        StringBuilder out = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted && c == '\\' && i + 1 < line.length()) {
                out.append(c).append(line.charAt(++i));
                continue;
            }
            if (c == '"') quoted = !quoted;
            int at = i;
            String word = quoted ? ""
                    : NOT_JSON.stream().filter(one -> line.startsWith(one, at)).findFirst().orElse("");
            if (word.isEmpty()) out.append(c);
            else out.append('"').append(MARK).append(word).append(MARK).append('"');
            i += Math.max(0, word.length() - 1);
        }
        return out.toString();
    }
}
