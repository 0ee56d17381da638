package org.tornadolens.notebook;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The cells that were run, of this session and of earlier ones, which lie in a file with a line for each. Where the
 * file cannot be used, there is the history of this session.
 */
final class History {

    /** @param session 0 is this one, -1 the one before, and so on. @param line the number of the cell */
    record Cell(int session, int line, String text) {}

    private static final int MOST_KEPT = 2000;
    private static final Gson GSON = new Gson();

    private final Path file;
    private final String session = Long.toString(System.currentTimeMillis(), 36) + "-" + ProcessHandle.current().pid();
    private final List<Cell> cells = new ArrayList<>();

    History(Path file) {
        this.file = file;
        read();
    }

    private void read() {
        record Line(String session, int line, String text) {}
        List<Line> lines = new ArrayList<>();
        try (Stream<String> all = Files.lines(file)) {
            for (String one : (Iterable<String>) all::iterator) {
                JsonObject json = JsonParser.parseString(one).getAsJsonObject();
                lines.add(new Line(json.get("session").getAsString(), json.get("line").getAsInt(),
                        json.get("text").getAsString()));
            }
        } catch (IOException | JsonParseException | IllegalStateException | NullPointerException
                | java.io.UncheckedIOException e) {
            // what was read before the line that another program damaged is kept
        }
        List<Line> kept = lines.subList(Math.max(0, lines.size() - MOST_KEPT), lines.size());
        List<String> sessions = new ArrayList<>(new LinkedHashSet<>(kept.stream().map(Line::session).toList()));
        for (Line one : kept)
            cells.add(new Cell(sessions.indexOf(one.session()) - sessions.size(), one.line(), one.text()));
    }

    void add(int line, String text) {
        cells.add(new Cell(0, line, text));
        String json = GSON.toJson(Json.of("session", session, "line", line, "text", text)) + "\n";
        try {
            Files.write(file, json.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            return;      // the session has it
        }
    }

    /** Answers a request of the protocol: the last cells, those of one session, or those like a pattern. */
    JsonObject answer(JsonObject request) {
        List<Cell> found = switch (Json.text(request, "hist_access_type", "tail")) {
            case "range" -> range(Json.number(request, "session", 0), Json.number(request, "start", 1),
                    Json.number(request, "stop", Integer.MAX_VALUE));
            case "search" -> search(Json.text(request, "pattern", "*"), Json.flag(request, "unique", false));
            default -> cells;
        };
        boolean range = Json.text(request, "hist_access_type", "tail").equals("range");
        int most = range ? found.size() : Json.number(request, "n", found.size());
        boolean output = Json.flag(request, "output", false);
        JsonArray all = new JsonArray();
        for (Cell cell : found.subList(Math.max(0, found.size() - most), found.size())) all.add(json(cell, output));
        return Json.of("status", "ok", "history", all);
    }

    private List<Cell> range(int session, int start, int stop) {
        return cells.stream().filter(cell -> cell.session() == session && cell.line() >= start && cell.line() < stop)
                .toList();
    }

    /** @param glob a text in which * stands for any text and ? for a character */
    private List<Cell> search(String glob, boolean unique) {
        StringBuilder pattern = new StringBuilder();
        glob.codePoints()
                .forEach(c -> pattern.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c))));
        Predicate<String> like = Pattern.compile(pattern.toString(), Pattern.DOTALL).asMatchPredicate();
        List<Cell> found = new ArrayList<>();
        for (Cell cell : cells) {
            if (!like.test(cell.text())) continue;
            if (unique) found.removeIf(one -> one.text().equals(cell.text()));
            found.add(cell);
        }
        return found;
    }

    private static JsonArray json(Cell cell, boolean output) {
        JsonArray json = new JsonArray();
        json.add(cell.session());
        json.add(cell.line());
        if (!output) {
            json.add(cell.text());
            return json;
        }
        JsonArray both = new JsonArray();
        both.add(cell.text());
        both.add((String) null);
        json.add(both);
        return json;
    }
}
