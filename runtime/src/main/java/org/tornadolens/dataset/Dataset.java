package org.tornadolens.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;

/**
 * Texts, and how they become rows of tokens. Nothing is read before {@link #rows}, which reads them as a stream, each
 * time from the start and in the same order.
 */
public record Dataset(Source source, DatasetOptions options) {

    public Dataset {
        if (options.pack() && options.length().getAsInt() < 2)
            throw new UsageException("packed rows have at least two tokens");
        if (source instanceof Source.Files files) Documents.require(files.paths());
        options.made();     // refuses a template that is none
    }

    public static Dataset of(Path file, DatasetOptions options) {
        return new Dataset(new Source.Files(List.of(file), List.of(file.getFileName().toString())), options);
    }

    public static Dataset texts(List<String> texts, DatasetOptions options) {
        return new Dataset(new Source.Records(
                texts.stream().map(text -> Map.of(options.column(), text)).toList()), options);
    }

    /** Opens the dataset for one reading of its rows, as tokens of this model. */
    public Rows rows(Model model) {
        return new Rows(source, options, model);
    }

    /**
     * Returns all rows in memory, padded on the left to the longest.
     *
     * @param most more rows than these are refused
     */
    public Tokens tokens(Model model, long most) {
        List<int[]> all = new ArrayList<>();
        try (Rows rows = rows(model)) {
            for (Optional<Row> row; (row = rows.next()).isPresent();) {
                if (all.size() == most)
                    throw new UsageException("this dataset has more than " + most
                            + " rows, which are not taken into memory at once; give it a limit");
                all.add(row.get().ids());
            }
        }
        if (all.isEmpty()) throw new UsageException("the dataset has no rows");
        return Tokens.of(all);
    }

    /** Returns the size of the files in bytes; 0 for texts in memory. */
    public long bytes() {
        if (!(source instanceof Source.Files files)) return 0;
        long bytes = 0;
        for (Path path : files.paths()) bytes += size(path);
        return bytes;
    }

    /** Returns the number of texts or rows in memory; 0 for files. */
    public long known() {
        return switch (source) {
            case Source.Files _ -> 0;
            case Source.Records(var records) -> records.size();
            case Source.Ids(var rows) -> rows.size();
        };
    }

    private static long size(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Returns what distinguishes this dataset from others and from what its files were before, as text. */
    public String identity() {
        StringBuilder text = new StringBuilder(options.toString());
        switch (source) {
            case Source.Files files -> files.paths().forEach(path -> text.append(' ').append(path).append(' ')
                    .append(size(path)).append(' ').append(path.toFile().lastModified()));
            case Source.Records(var records) -> text.append(' ').append(records);
            case Source.Ids(var rows) -> rows.forEach(row -> text.append(Arrays.toString(row)));
        }
        return text.toString();
    }
}
