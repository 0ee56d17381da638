package org.tornadolens.notebook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tornadolens.dsl.Home;

/** A stored notebook (nbformat 4). */
record Notebook(List<Cell> cells) {

    /** An output below a cell. @param formats the MIME types of a value */
    record Output(String text, Set<String> formats) {}

    record Cell(String code, List<Output> outputs) {}

    static Path tutorial() { return Home.folder().resolve("notebooks/tutorial.ipynb"); }

    /** Returns the cells of code. */
    static Notebook read(Path file) throws IOException {
        List<Cell> cells = new ArrayList<>();
        JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        for (JsonElement one : json.getAsJsonArray("cells")) {
            JsonObject cell = one.getAsJsonObject();
            if (!cell.get("cell_type").getAsString().equals("code")) continue;
            List<Output> outputs = new ArrayList<>();
            for (JsonElement output : cell.getAsJsonArray("outputs")) outputs.add(output(output.getAsJsonObject()));
            cells.add(new Cell(text(cell.get("source")), outputs));
        }
        return new Notebook(cells);
    }

    private static Output output(JsonObject output) {
        if (output.has("text")) return new Output(text(output.get("text")), Set.of());
        JsonObject data = output.getAsJsonObject("data");
        return new Output(text(data.get("text/plain")), new TreeSet<>(data.keySet()));
    }

    /** A text is stored whole or by lines. */
    private static String text(JsonElement stored) {
        if (!stored.isJsonArray()) return stored.getAsString();
        StringBuilder text = new StringBuilder();
        for (JsonElement line : (JsonArray) stored) text.append(line.getAsString());
        return text.toString();
    }
}
