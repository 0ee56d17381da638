package org.tornadolens.dataset;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/** Rows of a Parquet file, of which only the columns that are needed are read, some pages at a time. */
final class ParquetRecords implements RecordReader {

    private static final Logger LOG = Logger.getLogger("dev.hardwood");    // which tells at INFO what it decodes with

    static {
        LOG.setLevel(Level.WARNING);
    }

    private final ParquetFileReader file;
    private final RowReader rows;
    private final String name;
    private final Set<String> columns;
    private final AtomicLong read;
    private final long bytes, count;
    private long number;

    /** @param read receives about how many bytes of the file have been read: the share of its rows */
    ParquetRecords(Path path, String name, Set<String> columns, AtomicLong read) throws IOException {
        this.name = name;
        this.columns = columns;
        this.read = read;
        this.bytes = Files.size(path);
        try {
            this.file = ParquetFileReader.open(InputFile.of(path));
        } catch (RuntimeException e) {
            throw damaged(e);
        }
        try {
            require(file.getFileSchema().getRootNode().children());
            this.count = file.getFileMetaData().numRows();
            this.rows = file.buildRowReader().projection(ColumnProjection.columns(columns.toArray(String[]::new)))
                    .build();
        } catch (UsageException e) {
            file.close();
            throw e;
        } catch (RuntimeException e) {
            file.close();
            throw damaged(e);
        }
    }

    private void require(List<SchemaNode> fields) {
        List<String> known = fields.stream().map(SchemaNode::name).toList();
        for (String column : columns) {
            if (!known.contains(column))
                throw new UsageException(name + ": " + Nearest.message("column", column, known));
            SchemaNode field = fields.get(known.indexOf(column));
            boolean single = field instanceof SchemaNode.PrimitiveNode one && one.maxRepetitionLevel() == 0
                    && one.type() != PhysicalType.INT96 && one.type() != PhysicalType.FIXED_LEN_BYTE_ARRAY;
            if (!single) throw new UsageException(name + ": column \"" + column + "\" holds no text: it is a list, a "
                    + "structure or bytes");
        }
    }

    private static IOException damaged(RuntimeException e) {
        return new IOException("is no Parquet file that can be read: " + e.getMessage(), e);
    }

    @Override public Optional<Entry> next() throws IOException {
        try {
            if (!rows.hasNext()) return Optional.empty();
            rows.next();
            number++;
            read.set((long) ((double) bytes * number / Math.max(1, count)));
            String place = name + " row " + (number - 1);
            Map<String, String> found = new LinkedHashMap<>();
            for (String column : columns) {
                if (rows.isNull(column)) return Optional.of(new Entry.Invalid(place, "\"" + column + "\" is null"));
                Object value = rows.getValue(column);
                if (value instanceof byte[])
                    return Optional.of(new Entry.Invalid(place, "\"" + column + "\" holds bytes, not text"));
                found.put(column, String.valueOf(value));
            }
            return Optional.of(new Entry.Read(place, found));
        } catch (RuntimeException e) {
            throw new IOException("is damaged at row " + number + ": " + e.getMessage(), e);
        }
    }

    @Override public void close() throws IOException {
        rows.close();
        file.close();
    }
}
