package org.tornadolens.dataset;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.ColumnReaders;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.Validity;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/** Rows of a Parquet file, of which only the columns that are needed are read, a few rows at a time. */
final class ParquetRecords implements RecordReader {

    private static final Logger LOG = Logger.getLogger("dev.hardwood");    // which tells at INFO what it decodes with

    static {
        LOG.setLevel(Level.WARNING);
    }

    /** Rows decoded at a time: Hardwood's own choice, for short cells, would fill the heap with long texts. */
    private static final int BATCH = 256;

    private static final Set<PhysicalType> NUMBERS = Set.of(PhysicalType.BOOLEAN, PhysicalType.INT32,
            PhysicalType.INT64, PhysicalType.FLOAT, PhysicalType.DOUBLE);

    private final ParquetFileReader file;
    private final ColumnReaders readers;
    private final String name;
    private final List<SchemaNode.PrimitiveNode> wanted = new ArrayList<>();
    private final boolean plain;     // names without dots, which Hardwood takes for paths
    private final List<IntFunction<String>> cells = new ArrayList<>();    // of the batch, by row; null: none
    private final AtomicLong read;
    private final long bytes, count;
    private int at, batch;           // the next row of the batch, and how many it has
    private long number;

    /** @param read receives about how many bytes of the file have been read: the share of its rows */
    ParquetRecords(Path path, String name, Set<String> columns, AtomicLong read) throws IOException {
        this.name = name;
        this.read = read;
        this.bytes = Files.size(path);
        this.file = opened(path);
        try {
            List<SchemaNode> fields = file.getFileSchema().getRootNode().children();
            for (String column : columns) wanted.add(required(column, fields));
            this.plain = columns.stream().noneMatch(column -> column.isEmpty() || column.contains("."));
            this.count = file.getFileMetaData().numRows();
            this.readers = file.buildColumnReaders(plain ? ColumnProjection.columns(columns.toArray(String[]::new))
                    : ColumnProjection.all()).batchSize(BATCH).build();
        } catch (UsageException e) {
            file.close();
            throw e;
        } catch (RuntimeException e) {
            file.close();
            throw damaged(e);
        }
    }

    private static ParquetFileReader opened(Path path) throws IOException {
        try {
            return ParquetFileReader.open(InputFile.of(path));
        } catch (RuntimeException | IOException e) {
            throw damaged(e);
        }
    }

    private SchemaNode.PrimitiveNode required(String column, List<SchemaNode> fields) {
        List<String> known = fields.stream().map(SchemaNode::name).toList();
        if (!known.contains(column)) throw new UsageException(name + ": " + Nearest.message("column", column, known));
        if (fields.get(known.indexOf(column)) instanceof SchemaNode.PrimitiveNode one
                && one.maxRepetitionLevel() == 0) {
            boolean text = one.type() == PhysicalType.BYTE_ARRAY && one.logicalType() instanceof LogicalType.StringType;
            if (text || NUMBERS.contains(one.type()) && (one.logicalType() == null
                    || one.logicalType() instanceof LogicalType.IntType))
                return one;
        }
        throw new UsageException(name + ": column \"" + column + "\" holds no text: it is a list, a structure, a date "
                + "or bytes");
    }

    private static IOException damaged(Exception e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause())
            if (cause instanceof OutOfMemoryError memory) throw memory;
        return new IOException("is no Parquet file that can be read: " + e.getMessage(), e);
    }

    @Override public Optional<Entry> next() throws IOException {
        try {
            while (at == batch) {
                if (!readers.nextBatch()) {
                    if (number < count) throw new IOException("ends at row " + number + " of " + count);
                    return Optional.empty();
                }
                decode();
            }
            String place = name + " row " + number++;
            read.set((long) ((double) bytes * number / Math.max(1, count)));
            Map<String, String> found = new LinkedHashMap<>();
            for (int i = 0; i < wanted.size(); i++) {
                String column = wanted.get(i).name(), cell = cells.get(i).apply(at);
                if (cell != null) found.put(column, cell);
            }
            at++;
            for (SchemaNode column : wanted)
                if (!found.containsKey(column.name()))
                    return Optional.of(new Entry.Invalid(place, "\"" + column.name() + "\" is null"));
            return Optional.of(new Entry.Read(place, found));
        } catch (RuntimeException e) {
            throw damaged(e);
        }
    }

    private void decode() {
        at = 0;
        batch = (int) readers.getRecordCount();
        cells.clear();
        for (SchemaNode.PrimitiveNode column : wanted)
            cells.add(cells(plain ? readers.getColumnReader(column.name())
                    : readers.getColumnReader(column.columnIndex())));
    }

    private static IntFunction<String> cells(ColumnReader column) {
        IntFunction<Object> values = switch (column.getColumnSchema().type()) {
            case INT32 -> at(column.getInts(), (ints, row) -> ints[row]);
            case INT64 -> at(column.getLongs(), (longs, row) -> longs[row]);
            case FLOAT -> at(column.getFloats(), (floats, row) -> floats[row]);
            case DOUBLE -> at(column.getDoubles(), (doubles, row) -> doubles[row]);
            case BOOLEAN -> at(column.getBooleans(), (booleans, row) -> booleans[row]);
            default -> at(column.getStrings(), (strings, row) -> strings[row]);
        };
        Validity valid = column.getLeafValidity();
        return row -> valid.isNull(row) ? null : String.valueOf(values.apply(row));
    }

    private interface At<A> {
        Object get(A array, int row);
    }

    private static <A> IntFunction<Object> at(A array, At<A> at) { return row -> at.get(array, row); }

    @Override public void close() throws IOException {
        readers.close();
        file.close();
    }
}
