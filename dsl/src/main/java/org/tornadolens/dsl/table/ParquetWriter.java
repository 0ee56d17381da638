package org.tornadolens.dsl.table;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Statistics;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;

/**
 * Writes a table as a Parquet file: optional columns in plain encoding, each page compressed with GZIP. Apache's
 * parquet-format-structures writes the metadata; its Java writer needs Hadoop.
 *
 * <pre>
 * PAR1
 * for each group of rows, for each column, for each page:
 *   header      Thrift: sizes, number of cells, encodings
 *   GZIP of     length of the levels, 4 bytes, little endian
 *               levels: runs of 1 for a cell and 0 for an empty one
 *               the cells that are not empty
 * metadata      Thrift: the columns and where their pages are
 * its length    4 bytes
 * PAR1
 * </pre>
 *
 * See https://parquet.apache.org/docs/file-format/.
 */
final class ParquetWriter {

    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
    private static final int GROUP = 1 << 17;            // rows
    private static final int PAGE = 1 << 20;             // bytes of cells, before compression

    private final Table table;
    private final List<ColumnType> types;
    private final OutputStream out;
    private long written;

    /** @param types of the table's columns, to which all cells belong */
    ParquetWriter(Table table, List<ColumnType> types, OutputStream out) {
        this.table = table;
        this.types = types;
        this.out = out;
    }

    void write() throws IOException {
        write(MAGIC);
        List<RowGroup> groups = new ArrayList<>();
        for (int from = 0; from < table.rows().size(); from += GROUP)
            groups.add(group(table.rows().subList(from, Math.min(table.rows().size(), from + GROUP))));
        FileMetaData metadata = new FileMetaData(1, schema(), table.rows().size(), groups);
        metadata.setCreated_by("TornadoLens");
        ByteArrayOutputStream footer = new ByteArrayOutputStream();
        Util.writeFileMetaData(metadata, footer);
        write(footer.toByteArray());
        write(bytes(Integer.BYTES).putInt(footer.size()).array());
        write(MAGIC);
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        written += bytes.length;
    }

    private static ByteBuffer bytes(int count) { return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN); }

    // ---- metadata

    private List<SchemaElement> schema() {
        List<SchemaElement> schema = new ArrayList<>();
        SchemaElement root = new SchemaElement("table");
        root.setNum_children(types.size());
        schema.add(root);
        for (int i = 0; i < types.size(); i++) {
            SchemaElement column = new SchemaElement(WellFormed.of(table.columns().get(i)));
            column.setType(type(types.get(i)));
            column.setRepetition_type(FieldRepetitionType.OPTIONAL);
            if (types.get(i) == ColumnType.STRING) {
                column.setConverted_type(ConvertedType.UTF8);
                column.setLogicalType(LogicalType.STRING(new StringType()));
            }
            schema.add(column);
        }
        return schema;
    }

    private static Type type(ColumnType type) {
        return switch (type) {
            case INTEGER -> Type.INT64;
            case REAL -> Type.DOUBLE;
            case BOOLEAN -> Type.BOOLEAN;
            case STRING -> Type.BYTE_ARRAY;
        };
    }

    // ---- columns

    private RowGroup group(List<List<Object>> rows) throws IOException {
        List<ColumnChunk> chunks = new ArrayList<>();
        long before = written, plain = 0;
        for (int i = 0; i < types.size(); i++) {
            int column = i;
            ColumnMetaData chunk = chunk(i, rows.stream().map(row -> row.get(column)).toList());
            plain += chunk.getTotal_uncompressed_size();
            ColumnChunk place = new ColumnChunk(chunk.getData_page_offset());
            place.setMeta_data(chunk);
            chunks.add(place);
        }
        RowGroup group = new RowGroup(chunks, plain, rows.size());
        group.setTotal_compressed_size(written - before);
        return group;
    }

    private ColumnMetaData chunk(int column, List<Object> cells) throws IOException {
        long begin = written, plain = 0;
        for (int from = 0; from < cells.size();) {
            PlainCells page = new PlainCells(types.get(column));
            int end = from;
            while (end < cells.size() && page.size() < PAGE) page.add(cells.get(end++));
            plain += page(levels(cells.subList(from, end)), page.toByteArray(), end - from);
            from = end;
        }
        ColumnMetaData chunk = new ColumnMetaData(type(types.get(column)), List.of(Encoding.PLAIN, Encoding.RLE),
                List.of(WellFormed.of(table.columns().get(column))), CompressionCodec.GZIP, cells.size(), plain,
                written - begin, begin);
        Statistics statistics = new Statistics();
        statistics.setNull_count(cells.stream().filter(cell -> cell == Table.EMPTY).count());
        chunk.setStatistics(statistics);
        return chunk;
    }

    /** Writes a page and returns its size before compression. */
    private long page(byte[] levels, byte[] cells, int count) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(bytes(Integer.BYTES).putInt(levels.length).array());
            gzip.write(levels);
            gzip.write(cells);
        }
        int plain = Integer.BYTES + levels.length + cells.length;
        PageHeader header = new PageHeader(PageType.DATA_PAGE, plain, compressed.size());
        header.setData_page_header(new DataPageHeader(count, Encoding.PLAIN, Encoding.RLE, Encoding.RLE));
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        Util.writePageHeader(header, head);
        write(head.toByteArray());
        write(compressed.toByteArray());
        return head.size() + plain;
    }

    /** Returns the definition levels in runs: twice the length as a varint, then the level. */
    private static byte[] levels(List<Object> cells) {
        ByteArrayOutputStream runs = new ByteArrayOutputStream();
        for (int from = 0; from < cells.size();) {
            boolean empty = cells.get(from) == Table.EMPTY;
            int end = from;
            while (end < cells.size() && (cells.get(end) == Table.EMPTY) == empty) end++;
            int varint = (end - from) << 1;
            for (; varint > 0x7F; varint >>>= 7) runs.write(varint & 0x7F | 0x80);
            runs.write(varint);
            runs.write(empty ? 0 : 1);
            from = end;
        }
        return runs.toByteArray();
    }

    /** The cells of a page in plain encoding: little endian, strings after their length, booleans as bits. */
    private static final class PlainCells extends ByteArrayOutputStream {
        private final ColumnType type;
        private int booleans;

        PlainCells(ColumnType type) { this.type = type; }

        void add(Object cell) {
            if (cell == Table.EMPTY) return;
            switch (type) {
                case INTEGER -> writeBytes(bytes(Long.BYTES).putLong(((Number) cell).longValue()).array());
                case REAL -> writeBytes(bytes(Double.BYTES).putDouble(((Number) cell).doubleValue()).array());
                case BOOLEAN -> {
                    if (booleans % 8 == 0) write(0);
                    if ((Boolean) cell) buf[count - 1] |= (byte) (1 << booleans % 8);
                    booleans++;
                }
                case STRING -> {
                    byte[] text = WellFormed.of((String) cell).getBytes(StandardCharsets.UTF_8);
                    writeBytes(bytes(Integer.BYTES).putInt(text.length).array());
                    writeBytes(text);
                }
            }
        }
    }
}
