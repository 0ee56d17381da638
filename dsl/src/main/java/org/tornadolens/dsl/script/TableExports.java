package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.report.Part;
import org.tornadolens.dsl.table.Table;
import org.tornadolens.dsl.table.TableFormat;
import org.tornadolens.tensor.Tensor;

/** Behind {@code table.js}: rows under named columns. */
public final class TableExports {

    private final Host host;

    TableExports(Host host) { this.host = host; }

    @HostAccess.Export public Table ofTensor(Tensor tensor) { return Table.of(tensor); }

    /** @param cells row by row: numbers, strings, true and false, null for an empty one */
    @HostAccess.Export public Table ofCells(Value columns, Value cells) {
        List<String> names = Arguments.strings(columns);
        List<List<Object>> rows = new ArrayList<>();
        for (long i = 0; i < cells.getArraySize(); i += names.size()) {
            List<Object> row = new ArrayList<>();
            for (int column = 0; column < names.size(); column++) row.add(cell(cells.getArrayElement(i + column)));
            rows.add(row);
        }
        return new Table(names, rows);
    }

    private static Object cell(Value cell) {
        if (cell.isNull()) return Table.EMPTY;
        if (cell.isBoolean()) return cell.asBoolean();
        if (cell.isString()) return cell.asString();
        return cell.fitsInLong() ? (Object) cell.asLong() : (Object) cell.asDouble();   // -0 and 1e300 are no longs
    }

    @HostAccess.Export public Table select(Table table, Value columns) {
        return table.select(Arguments.strings(columns));
    }

    @HostAccess.Export public String text(Table table, int rows) { return table.text(rows); }

    /** Prints the first rows. */
    @HostAccess.Export public void print(Table table, int rows) {
        if (host.dryRun().isPresent()) return;   // it would print noise
        host.print(table.text(rows), Part.table(table));
    }

    @HostAccess.Export public void save(Table table, String name) throws IOException {
        TableFormat format = TableFormat.of(name);
        host.save(TableFormat.fileName(name), out -> format.write(table, out), Part.table(table));
    }

    /** @param columns those to read; all if there are none */
    @HostAccess.Export public Table load(String file, Value columns) throws IOException {
        return TableFormat.read(host.readable(file), file, Arguments.strings(columns));
    }

    @HostAccess.Export public String[] columns(Table table) { return table.columns().toArray(String[]::new); }

    /** Returns the cells row by row; null for an empty one. */
    @HostAccess.Export public Object[] cells(Table table) {
        return table.rows().stream().flatMap(List::stream).map(cell -> cell == Table.EMPTY ? null : cell).toArray();
    }
}
