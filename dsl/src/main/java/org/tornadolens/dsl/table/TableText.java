package org.tornadolens.dsl.table;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** A table as lines of text for a terminal. */
final class TableText {

    private static final int DIGITS = 4;              // significant digits of a number that has as many
    private static final double HUGE = 1e7, TINY = 1e-4;   // numbers beyond are written with an exponent
    private static final String BETWEEN = "  ";

    private TableText() {}

    /** Returns the columns of the first rows. */
    static List<Table.Shown> columns(Table table, int most) {
        List<List<Object>> rows = table.rows().subList(0, Math.min(most, table.rows().size()));
        List<Table.Shown> columns = new ArrayList<>();
        for (int column = 0; column < table.columns().size(); column++) {
            List<Object> cells = new ArrayList<>();
            for (List<Object> row : rows) cells.add(row.get(column));
            boolean numbers = cells.stream().anyMatch(cell -> cell instanceof Number)
                    && cells.stream().allMatch(cell -> cell instanceof Number || blank(cell));
            List<String> lines = new ArrayList<>(List.of(visible(table.columns().get(column))));
            lines.addAll(numbers ? aligned(cells) : cells.stream().map(TableText::word).toList());
            columns.add(new Table.Shown(numbers, lines));
        }
        return columns;
    }

    private static boolean blank(Object cell) { return cell == Table.EMPTY || cell.equals(""); }

    static String of(Table table, int most) {
        int rows = Math.min(most, table.rows().size());
        List<Table.Shown> columns = columns(table, rows);
        StringBuilder out = new StringBuilder();
        for (int line = 0; line <= rows; line++) {
            StringBuilder text = new StringBuilder();
            for (Table.Shown column : columns) {
                String cell = column.lines().get(line),
                        pad = " ".repeat(width(column.lines()) - DisplayWidth.of(cell));
                text.append(column == columns.getFirst() ? "" : BETWEEN)
                        .append(column.numeric() ? pad + cell : cell + pad);
            }
            out.append(text.toString().stripTrailing()).append('\n');
            if (line == 0) out.append(rule(columns)).append('\n');
        }
        int more = table.rows().size() - rows;
        return more == 0 ? out.toString().stripTrailing() : out + "… " + more + " more rows";
    }

    private static String rule(List<Table.Shown> columns) {
        return String.join(BETWEEN, columns.stream().map(column -> "─".repeat(width(column.lines()))).toList());
    }

    private static int width(List<String> lines) { return lines.stream().mapToInt(DisplayWidth::of).max().orElse(0); }

    private static String word(Object cell) {
        return cell instanceof Number number ? number(number) : visible(cell.toString());
    }

    /**
     * Aligns the numbers of a column by their decimal points. All have as many decimals as the largest needs for its
     * significant digits; if the smallest would then look like zero, each has its own number of decimals.
     */
    private static List<String> aligned(List<Object> cells) {
        double[] sizes = cells.stream().filter(Number.class::isInstance)
                .mapToDouble(cell -> Math.abs(((Number) cell).doubleValue()))
                .filter(size -> size > 0 && Double.isFinite(size)).toArray();
        double largest = DoubleStream.of(sizes).max().orElse(1), smallest = DoubleStream.of(sizes).min().orElse(1);
        int most = decimals(largest);
        int decimals =
                DoubleStream.of(sizes).mapToInt(size -> fixed(size, most).stripTrailingZeros().scale()).max().orElse(0);
        boolean whole = DoubleStream.of(sizes).allMatch(TableText::whole);
        boolean alike = largest < HUGE && largest >= TINY && smallest >= Math.pow(10, -most);
        List<String> numbers = cells.stream().map(cell -> !(cell instanceof Number number) ? ""
                : alike && !whole && Double.isFinite(number.doubleValue())
                        ? fixed(number.doubleValue(), Math.max(0, decimals)).toPlainString()
                : number(number)).toList();
        int longest = numbers.stream().mapToInt(TableText::afterPoint).max().orElse(0);
        return numbers.stream().map(number -> number + " ".repeat(longest - afterPoint(number))).toList();
    }

    private static int afterPoint(String number) {
        int point = number.indexOf('.');
        if (point >= 0) return number.length() - point;
        int exponent = number.indexOf('e');
        return exponent >= 0 ? number.length() - exponent : 0;
    }

    private static String number(Number number) {
        double value = number.doubleValue();
        if (Double.isNaN(value)) return "–";
        if (Double.isInfinite(value)) return value > 0 ? "∞" : "-∞";
        if (whole(value)) return Long.toString((long) value);
        double size = Math.abs(value);
        if (size >= HUGE || size < TINY) return exponent(new BigDecimal(value).round(new MathContext(DIGITS)));
        return fixed(value, decimals(size)).stripTrailingZeros().toPlainString();
    }

    private static boolean whole(double value) { return value == Math.rint(value) && Math.abs(value) < 1e15; }

    /** Returns the number of decimals that give a number its significant digits. */
    private static int decimals(double size) {
        return Math.max(0, DIGITS - 1 - (int) Math.floor(Math.log10(size)));
    }

    private static BigDecimal fixed(double value, int decimals) {
        return new BigDecimal(value).setScale(decimals, RoundingMode.HALF_UP);
    }

    private static String exponent(BigDecimal value) {
        int power = value.precision() - value.scale() - 1;
        return value.movePointLeft(power).setScale(DIGITS - 1, RoundingMode.HALF_UP).toPlainString() + "e" + power;
    }

    /** Escapes line breaks and other invisible characters, so that each row stays one line. */
    private static String visible(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(point -> {
            switch (point) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    int type = Character.getType(point);
                    boolean shapeless = type == Character.CONTROL || type == Character.SURROGATE
                            || type == Character.LINE_SEPARATOR
                            || type == Character.PARAGRAPH_SEPARATOR || type == Character.FORMAT && point != 0x200D;
                    if (shapeless) out.append("\\u{").append(Integer.toHexString(point).toUpperCase()).append('}');
                    else out.appendCodePoint(point);
                }
            }
        });
        return out.toString();
    }
}
