package org.tornadolens.dataset;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/** CSV with a line of names at its top; fields may be quoted and hold line breaks. */
final class CsvRecords implements RecordReader {

    private static final int MOST_CHARACTERS = 1 << 26;    // of a field

    private final CsvReader<CsvRecord> csv;
    private final Iterator<CsvRecord> records;
    private final String name;
    private final List<String> names;
    private final Set<String> columns;

    /** @param tabs whether tabs separate the fields, not commas */
    CsvRecords(InputStream in, String name, boolean tabs, Set<String> columns) throws IOException {
        this.csv = CsvReader.builder().fieldSeparator(tabs ? '\t' : ',').skipEmptyLines(true)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE).missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .maxBufferSize(MOST_CHARACTERS)
                .ofCsvRecord(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT)));
        this.records = csv.iterator();
        this.name = name;
        this.columns = columns;
        this.names = first().map(CsvRecord::getFields).orElse(List.of()).stream()
                .map(field -> field.startsWith("\ufeff") ? field.substring(1) : field).toList();
        for (String column : columns)
            if (!names.contains(column))
                throw new UsageException(name + ": " + Nearest.message("column", column, names));
    }

    private Optional<CsvRecord> first() throws IOException {
        try {
            return records.hasNext() ? Optional.of(records.next()) : Optional.empty();
        } catch (UncheckedIOException e) {
            throw damaged(e.getCause());
        } catch (CsvParseException e) {
            throw damaged(e.getCause() == null ? e : e.getCause());
        }
    }

    private IOException damaged(Throwable cause) {
        String why = cause instanceof CharacterCodingException ? "it is not UTF-8" : cause.getMessage();
        return new IOException("cannot be read on as CSV: " + why, cause);
    }

    @Override public Optional<Entry> next() throws IOException {
        Optional<CsvRecord> record = first();
        if (record.isEmpty()) return Optional.empty();
        CsvRecord one = record.get();
        String place = name + " line " + one.getStartingLineNumber();
        if (one.getFieldCount() != names.size())
            return Optional.of(new Entry.Invalid(place,
                    one.getFieldCount() + " fields for " + names.size() + " columns"));
        Map<String, String> found = new LinkedHashMap<>();
        for (String column : columns) found.put(column, one.getField(names.indexOf(column)));
        return Optional.of(new Entry.Read(place, found));
    }

    @Override public void close() throws IOException { csv.close(); }
}
