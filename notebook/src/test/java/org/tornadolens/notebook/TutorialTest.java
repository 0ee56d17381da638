package org.tornadolens.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every cell of the tutorial gives what is stored below it. */
class TutorialTest {

    private static final Pattern NUMBER = Pattern.compile("-?\\d+\\.\\d+(?:e-?\\d+)?");
    private static final double RELATIVE = 0.02, ABSOLUTE = 0.005;      // between machines

    @TempDir Path folder;

    @Test void everyCellGivesWhatIsStored() throws IOException {
        Notebook tutorial = Notebook.read(Notebook.tutorial());
        assertFalse(tutorial.cells().isEmpty());
        try (FrontEnd frontEnd = new FrontEnd(folder)) {
            for (Notebook.Cell cell : tutorial.cells()) {
                FrontEnd.Answer answer = frontEnd.run(cell.code());
                assertEquals("ok", answer.status(), () -> cell.code() + "\n" + answer.outputs());
                List<Notebook.Output> given = outputs(answer);
                assertEquals(cell.outputs().size(), given.size(), cell.code());
                for (int i = 0; i < given.size(); i++) {
                    alike(cell.outputs().get(i).text(), given.get(i).text());
                    assertEquals(cell.outputs().get(i).formats(), given.get(i).formats(), cell.code());
                }
            }
        }
    }

    /** Returns what stays below the cell, with text that follows text joined, as it is stored. */
    private static List<Notebook.Output> outputs(FrontEnd.Answer answer) {
        List<Notebook.Output> all = new ArrayList<>();
        boolean joins = false;
        for (Message one : answer.outputs()) {
            JsonObject content = one.content();
            boolean stream = one.type().equals("stream");
            switch (one.type()) {
                case "clear_output" -> all.clear();
                case "stream" -> {
                    String text = content.get("text").getAsString();
                    if (joins) text = all.removeLast().text() + text;
                    all.add(new Notebook.Output(text, Set.of()));
                }
                case "display_data", "execute_result" -> {
                    JsonObject data = content.getAsJsonObject("data");
                    all.add(new Notebook.Output(data.get("text/plain").getAsString(), new TreeSet<>(data.keySet())));
                }
                default -> {}
            }
            joins = stream;
        }
        return all;
    }

    private static void alike(String stored, String given) {
        assertEquals(words(stored), words(given));
        List<Double> expected = numbers(stored), found = numbers(given);
        for (int i = 0; i < expected.size(); i++)
            assertEquals(expected.get(i), found.get(i), ABSOLUTE + RELATIVE * Math.abs(expected.get(i)), given);
    }

    private static String words(String text) { return NUMBER.matcher(text).replaceAll("#").replaceAll("[─ ]+", " "); }

    private static List<Double> numbers(String text) {
        return NUMBER.matcher(text).results().map(MatchResult::group).map(Double::valueOf).toList();
    }
}
