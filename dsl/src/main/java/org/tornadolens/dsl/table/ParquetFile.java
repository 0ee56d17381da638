package org.tornadolens.dsl.table;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

    private ParquetFile() {}

    static void write(Table table, OutputStream out) throws IOException {
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
            throw new UsageException(name + " is no Parquet file that can be read: " + e.getMessage());
        }
    }

    private static List<List<Object>> rows(ParquetFileReader parquet, List<SchemaNode> wanted) {
        List<List<Object>> rows = new ArrayList<>();
        String[] names = wanted.stream().map(SchemaNode::name).toArray(String[]::new);
        try (RowReader reader = parquet.buildRowReader().projection(ColumnProjection.columns(names)).build()) {
            while (reader.hasNext()) {
                reader.next();
                List<Object> row = new ArrayList<>(names.length);
                for (String name : names) row.add(reader.isNull(name) ? Table.EMPTY : cell(reader.getValue(name)));
                rows.add(row);
            }
        }
        return rows;
    }

    private static Object cell(Object value) {
        return value instanceof Integer whole ? (Object) whole.longValue() : value;
    }

    /** Refuses lists, structures, dates and other types that no cell of a table has. */
    private static void requireSimple(SchemaNode field, String file) {
        if (field instanceof SchemaNode.PrimitiveNode one && one.maxRepetitionLevel() == 0) {
            boolean string =
                    one.type() == PhysicalType.BYTE_ARRAY && one.logicalType() instanceof LogicalType.StringType;
            boolean plain = one.logicalType() == null || one.logicalType() instanceof LogicalType.IntType;
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
