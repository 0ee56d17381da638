package org.tornadolens;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Tells what names of TransformerLens, nnsight, PyTorch, Hugging Face and plotting libraries are called here. The table
 * is {@code equivalents.txt}.
 */
public final class Equivalents {

    private Equivalents() {}

    /**
     * Returns what a name is called here.
     *
     * @param kind what was looked for, as messages name it: "Cache property", "option", "export", "hook"
     * @param name the name, or a path whose last part is one, such as "model.layers.0.self_attn.q_proj"
     */
    public static Optional<String> of(String kind, String name) {
        String type = kind.indexOf(' ') < 0 ? kind : kind.substring(0, kind.indexOf(' '));
        String last = name.substring(name.lastIndexOf('.') + 1);
        return Optional.ofNullable(Table.ROWS.get(type + "." + last))
                .or(() -> Optional.ofNullable(Table.ROWS.get(last)));
    }

    /** Returns the whole table, in its order. */
    public static Map<String, String> all() { return Table.ROWS; }

    /** Read at the first use, since only errors need it. */
    private static final class Table {

        private static final Map<String, String> ROWS = read();

        private static Map<String, String> read() {
            Map<String, String> rows = new LinkedHashMap<>();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                    Equivalents.class.getResourceAsStream("equivalents.txt"), StandardCharsets.UTF_8))) {
                for (String line; (line = lines.readLine()) != null;) {
                    if (line.isBlank() || line.startsWith("#")) continue;
                    String[] columns = line.split(" {2,}", 2);
                    rows.put(columns[0], columns[1]);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Collections.unmodifiableMap(rows);
        }
    }
}
