package org.tornadolens.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadolens.tokenizer.TokenStream;

/** Watches the text of each row for texts that end it. */
final class StopTexts {

    private final List<String> stops;
    private final List<Row> rows = new ArrayList<>();

    private record Row(TokenStream stream, StringBuilder text) {}

    StopTexts(Model model, Tokens prompt, List<String> stops) {
        this.stops = stops;
        if (stops.isEmpty()) return;
        for (int row = 0; row < prompt.batch(); row++) {
            TokenStream stream = model.tokenizer().stream();
            for (int id : prompt.row(row)) stream.accept(id);
            rows.add(new Row(stream, new StringBuilder()));
        }
    }

    /** Returns whether the row's new text contains a stop text with this token. */
    boolean endsWith(int index, int token) {
        if (stops.isEmpty()) return false;
        Row row = rows.get(index);
        row.text.append(row.stream.accept(token));
        return stops.stream().anyMatch(stop -> row.text.indexOf(stop) >= 0);
    }
}
