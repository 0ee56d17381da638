package org.tornadolens.dsl.table;

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
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/** Tables as Parquet files. Hardwood reads them; {@link ParquetWriter} writes them, which Hardwood does not. */
final class ParquetFile {

    private static final Logger LOG = Logger.getLogger("dev.hardwood");    // which tells at INFO what it decodes with

    static {
        LOG.setLevel(Level.WARNING);
    }

    private static final int BATCH = 1024;      // rows

    private ParquetFile() {}

    static void write(Table table, OutputStream out) throws IOException {
        if (table.columns().contains(""))
            throw new UsageException("a column of a Parquet file needs a name; one of these has none: "
                    + String.join(", ", table.columns()));
        List<Optional<ColumnType>> found = ColumnType.of(table);
        List<ColumnType> types = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            int column = i;
            types.add(found.get(i).orElseThrow(() -> ColumnType.mixed(table, column, "Parquet")));
        }
        new ParquetWriter(table, types, out).write();
    }

    /** @param columns those to read, in their order; all if there are none */
    static Table read(Path file, String name, List<String> columns) throws IOException {
        try (ParquetFileReader parquet = ParquetFileReader.open(InputFile.of(file))) {
            List<SchemaNode> fields = parquet.getFileSchema().getRootNode().children();
            List<String> known = fields.stream().map(SchemaNode::name).toList();
            for (String column : columns)
                if (!known.contains(column))
                    throw new UsageException(name + ": " + Nearest.message("column", column, known));
            List<SchemaNode> wanted =
                    columns.isEmpty() ? fields : columns.stream().map(known::indexOf).map(fields::get).toList();
            for (SchemaNode field : wanted) requireSimple(field, name);
            return new Table(wanted.stream().map(SchemaNode::name).toList(), rows(parquet, wanted));
        } catch (UsageException e) {
            throw e;
        } catch (RuntimeException | IOException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause())
                if (cause instanceof OutOfMemoryError memory) throw memory;
            throw new UsageException(name + " is no Parquet file that can be read: " + e.getMessage());
        }
    }

    /** Reads few rows at a time: Hardwood's own choice, for short cells, would fill the heap with long texts. */
    private static List<List<Object>> rows(ParquetFileReader parquet, List<SchemaNode> wanted) {
        boolean plain = wanted.stream().noneMatch(field -> field.name().isEmpty() || field.name().contains("."));
        ColumnProjection projection =       // which takes a dot for a path: then all columns are read
                plain ? ColumnProjection.columns(wanted.stream().map(SchemaNode::name).toArray(String[]::new))
                        : ColumnProjection.all();
        List<List<Object>> rows = new ArrayList<>();
        try (ColumnReaders readers = parquet.buildColumnReaders(projection).batchSize(BATCH).build()) {
            while (readers.nextBatch()) {
                List<IntFunction<Object>> columns = new ArrayList<>();
                for (SchemaNode field : wanted) {
                    columns.add(cells(plain ? readers.getColumnReader(field.name())
                            : readers.getColumnReader(((SchemaNode.PrimitiveNode) field).columnIndex())));
                }
                for (int i = 0; i < readers.getRecordCount(); i++) {
                    int row = i;
                    rows.add(columns.stream().map(column -> column.apply(row)).toList());
                }
            }
        }
        return rows;
    }

    /** Returns the cells of a batch by row. */
    private static IntFunction<Object> cells(ColumnReader column) {
        IntFunction<Object> values = switch (column.getColumnSchema().type()) {
            case INT32 -> boxed(column.getInts(), (ints, row) -> (long) ints[row]);
            case INT64 -> boxed(column.getLongs(), (longs, row) -> longs[row]);
            case FLOAT -> boxed(column.getFloats(), (floats, row) -> floats[row]);
            case DOUBLE -> boxed(column.getDoubles(), (doubles, row) -> doubles[row]);
            case BOOLEAN -> boxed(column.getBooleans(), (booleans, row) -> booleans[row]);
            default -> boxed(column.getStrings(), (strings, row) -> strings[row]);
        };
        Validity valid = column.getLeafValidity();
        return row -> valid.isNull(row) ? Table.EMPTY : values.apply(row);
    }

    private interface At<A> {
        Object get(A array, int row);
    }

    private static <A> IntFunction<Object> boxed(A array, At<A> at) { return row -> at.get(array, row); }

    /** Refuses lists, structures, dates and other types that no cell of a table has. */
    private static void requireSimple(SchemaNode field, String file) {
        if (field instanceof SchemaNode.PrimitiveNode one && one.maxRepetitionLevel() == 0) {
            boolean string =
                    one.type() == PhysicalType.BYTE_ARRAY && one.logicalType() instanceof LogicalType.StringType;
            boolean plain = one.logicalType() == null
                    || one.logicalType() instanceof LogicalType.IntType whole
                            && (whole.isSigned() || whole.bitWidth() < 32);
            boolean number = plain && PLAIN.contains(one.type());
            if (string || number) return;
            throw wrong(field.name(), one.logicalType() == null ? one.type().toString() : one.logicalType().toString(),
                    file);
        }
        throw wrong(field.name(), "a list or a structure", file);
    }

    private static final Set<PhysicalType> PLAIN =
            Set.of(PhysicalType.BOOLEAN, PhysicalType.INT32, PhysicalType.INT64, PhysicalType.FLOAT,
                    PhysicalType.DOUBLE);

    private static UsageException wrong(String column, String what, String file) {
        return new UsageException(
                file + ": column \"" + column + "\" holds " + what + "; a table's cell is a number, a "
                        + "string, true or false: leave that column out with columns");
    }
}
