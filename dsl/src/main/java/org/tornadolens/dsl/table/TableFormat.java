package org.tornadolens.dsl.table;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tornadolens.UsageException;

/** The file formats of tables, by the extensions of their names. */
public enum TableFormat {

    /** RFC 4180, UTF-8, a header line; for spreadsheets. An empty cell and an empty string are the same there. */
    CSV(".csv", "CSV"),
    /** An object of each row on its line, in UTF-8. NaN and infinities are written as Python writes them. */
    JSON_LINES(".jsonl", "JSON Lines"),
    /** Columns of one type: INT64, DOUBLE, BOOLEAN or STRING, all of them optional; compressed with GZIP. */
    PARQUET(".parquet", "Parquet");

    private static final Pattern EXTENSION = Pattern.compile(".*[^/](\\.[a-z][a-z0-9]{0,11})");

    private final String extension, words;

    TableFormat(String extension, String words) {
        this.extension = extension;
        this.words = words;
    }

    /** Returns the format of a file name's extension, or CSV without one. {@code heads 3.1} has no extension. */
    public static TableFormat of(String name) {
        String extension = extension(name);
        for (TableFormat format : values()) if (format.extension.equals(extension)) return format;
        if (extension.isEmpty()) return CSV;
        String stem = name.substring(0, name.length() - extension.length());
        throw new UsageException("a table is saved as " + names(values(), format -> format.words) + ": name it "
                + names(values(), format -> stem + format.extension) + ", not " + name);
    }

    /** Returns the name of a table's file with its extension. */
    public static String fileName(String name) {
        return of(name) == CSV && extension(name).isEmpty() ? name + CSV.extension : name;
    }

    private static String extension(String name) {
        Matcher matcher = EXTENSION.matcher(name.toLowerCase(Locale.ROOT));
        return matcher.matches() ? matcher.group(1) : "";
    }

    private static String names(TableFormat[] formats, Function<TableFormat, String> name) {
        List<String> all = Arrays.stream(formats).map(name).toList();
        return all.stream().limit(all.size() - 1).collect(Collectors.joining(", ")) + " or " + all.getLast();
    }

    /**
     * Writes a table. Numbers keep all their digits.
     *
     * @throws UsageException if the format cannot hold it
     */
    public void write(Table table, OutputStream out) throws IOException {
        switch (this) {
            case CSV -> Csv.write(table, out);
            case JSON_LINES -> JsonLines.write(table, out);
            case PARQUET -> ParquetFile.write(table, out);
        }
    }

    /**
     * Reads the file of a table.
     *
     * @param name    what errors call the file
     * @param columns the columns to read, in their order; all if there are none
     * @throws UsageException if it is no such file, or has cells that a table does not take
     */
    public static Table read(Path file, String name, List<String> columns) throws IOException {
        if (Files.isDirectory(file)) throw new UsageException(name + " is a folder");
        return switch (extension(file.getFileName().toString())) {
            case ".jsonl" -> JsonLines.read(file, name, columns);
            case ".parquet" -> ParquetFile.read(file, name, columns);
            case ".csv" ->
                    throw new UsageException(name + ": CSV does not say which cells are numbers; save the table as "
                            + ".jsonl or .parquet to load it again");
            default ->
                    throw new UsageException("tables are loaded from .jsonl and .parquet, not from \"" + name + "\"");
        };
    }
}
