package org.tornadolens.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.tornadolens.Interruption;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/** The texts of a source in its order, without those that are invalid, empty or outside the split. */
final class Documents implements AutoCloseable {

    private static final Set<String> LINES = Set.of("jsonl", "ndjson", "json"), TEXT = Set.of("txt", "text"),
            TABLES = Set.of("csv", "tsv"), PARQUET = Set.of("parquet", "pq");
    private static final String KINDS = ".jsonl, .txt, .csv, .tsv or .parquet";

    private final DatasetOptions options;
    private final Template template;
    private final Invalid invalid;
    private final AtomicLong read = new AtomicLong();    // bytes of the file that is open
    private final Iterator<Path> paths;
    private final Iterator<String> names;
    private final Iterator<Map<String, String>> records;
    private Optional<RecordReader> open = Optional.empty();
    private String name = "";
    private boolean first = true;
    private long done, number, empty;

    Documents(Source source, DatasetOptions options, Invalid invalid) {
        this.options = options;
        this.template = options.made();
        this.invalid = invalid;
        this.paths = source instanceof Source.Files files ? files.paths().iterator() : List.<Path>of().iterator();
        this.names = source instanceof Source.Files files ? files.names().iterator() : List.<String>of().iterator();
        this.records = source instanceof Source.Records(var all) ? all.iterator()
                : List.<Map<String, String>>of().iterator();
    }

    /** Returns the next text; absent after the last. */
    Optional<Document> next() {
        while (true) {
            Optional<Entry> entry = records.hasNext() ? Optional.of(inMemory(records.next())) : entry();
            if (entry.isEmpty()) return Optional.empty();
            switch (entry.get()) {
                case Entry.Invalid(String place, String reason) -> {
                    if (first && reason.startsWith("no column")) throw new UsageException(place + ": " + reason);
                    invalid.add(place, reason);
                }
                case Entry.Read(String place, Map<String, String> columns) -> {
                    first = false;
                    String text = template.filled(columns);
                    if (text.isBlank()) empty++;
                    else
                        if (options.split().isEmpty() || options.split().get().takes(text))
                            return Optional.of(new Document(place, text));
                }
            }
        }
    }

    private Entry inMemory(Map<String, String> record) {
        String place = "record " + number++;
        for (String column : template.columns())
            if (!record.containsKey(column))
                return new Entry.Invalid(place, Nearest.message("column", column, record.keySet()));
        return new Entry.Read(place, record);
    }

    private Optional<Entry> entry() {
        try {
            while (true) {
                if (open.isEmpty()) {
                    if (!paths.hasNext()) return Optional.empty();
                    name = names.next();
                    open = Optional.of(reader(paths.next()));
                }
                Optional<Entry> next = open.get().next();
                if (++number % 1024 == 0) Interruption.check();
                if (next.isPresent()) return next;
                close();
                done += read.getAndSet(0);
            }
        } catch (IOException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new UsageException(name + (why.startsWith("is ") || why.startsWith("cannot ") ? " " : ": ") + why);
        }
    }

    private RecordReader reader(Path path) throws IOException {
        if (!Files.isRegularFile(path)) throw new UsageException("there is no file " + path);
        String kind = kind(path);
        Set<String> columns = template.columns();
        if (PARQUET.contains(kind)) return new ParquetRecords(path, name, columns, read);
        if (TABLES.contains(kind))
            return new CsvRecords(FileBytes.open(path, read), name, kind.equals("tsv"), columns);
        Lines lines = new Lines(FileBytes.open(path, read));
        if (LINES.contains(kind)) return new JsonLines(lines, name, columns);
        for (String column : columns)
            if (!column.equals(PlainText.COLUMN)) {
                lines.close();
                throw new UsageException(name + ": plain text has no column \"" + column + "\", only \""
                        + PlainText.COLUMN + "\"");
            }
        return new PlainText(lines, name, options.paragraphs());
    }

    /** Returns the ending of a file's name, without that of a compressed one. */
    private static String kind(Path path) {
        String file = path.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|zst|zstd)$", "");
        String kind = file.substring(file.lastIndexOf('.') + 1);
        if (LINES.contains(kind) || TEXT.contains(kind) || TABLES.contains(kind) || PARQUET.contains(kind)) return kind;
        throw new UsageException("a dataset is read from " + KINDS + " files, possibly compressed with gzip or zstd, "
                + "not from " + path.getFileName());
    }

    /** Refuses files of a kind that is not read, before anything is. */
    static void require(List<Path> paths) {
        paths.forEach(Documents::kind);
    }

    /** Returns the number of bytes that have been read of all files, as they are. */
    long bytes() {
        return done + read.get();
    }

    /** Returns how many records had no text. */
    long empty() { return empty; }

    @Override public void close() {
        try {
            if (open.isPresent()) open.get().close();
        } catch (IOException e) {
            // all that is needed of it has been read
        }
        open = Optional.empty();
    }
}
