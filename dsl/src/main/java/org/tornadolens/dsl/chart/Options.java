package org.tornadolens.dsl.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Shape;

/**
 * The options of a chart: {@code Options.NONE.title("Induction").labels("src", pieces)}. Each chart accepts those that
 * apply to it and refuses the others.
 */
public final class Options {

    public static final Options NONE = new Options(Map.of());

    /** Key of labels given without an axis, which belong to every axis of their length. */
    private static final String EVERY_AXIS = "";

    private final Map<String, Object> given;

    private Options(Map<String, Object> given) { this.given = given; }

    /** Sets the title above the chart. A newline starts a new line, and a long title is wrapped. */
    public Options title(String title) {
        return with("title", title);
    }

    /** Sets the title of the horizontal axis; by default the name of the tensor's axis. */
    public Options x(String title) {
        return with("x", title);
    }

    /** Sets the title of the vertical axis; by default the name of the tensor's axis. */
    public Options y(String title) {
        return with("y", title);
    }

    /**
     * Sets the labels of an axis, such as tokens' pieces or heads' names.
     *
     * @param axis its name, or {@code x} or {@code y}
     */
    public Options labels(String axis, List<String> labels) {
        Map<String, List<String>> all = new LinkedHashMap<>(labels());
        all.put(axis, List.copyOf(labels));
        return with("labels", all);
    }

    /** Sets the labels of every axis of their length, such as {@code dest} and {@code src} of a pattern. */
    public Options labels(List<String> labels) {
        return labels(EVERY_AXIS, labels);
    }

    /** Sets whether colours are centred on zero, blue below and red above; by default if values have both signs. */
    public Options diverging(boolean diverging) {
        return with("diverging", diverging);
    }

    /** Sets the values at the two ends of the colour bar or of the vertical axis. */
    public Options range(double lo, double hi) {
        if (!(lo < hi) || Double.isInfinite(lo) || Double.isInfinite(hi)) {
            throw new UsageException(
                    "range [" + lo + ", " + hi + "] is not one: give [lo, hi], finite, lo below hi");
        }
        return with("range", new double[]{lo, hi});
    }

    /** Sets the names of the series in the legend. */
    public Options series(List<String> names) {
        return with("series", List.copyOf(names));
    }

    /** Sets the error bar of each number, in the order of the numbers, series by series. */
    public Options errors(Spread errors) {
        return with("errors", errors);
    }

    /** Sets half the length of each number's error bar; NaN for none. */
    public Options errors(double[] half) {
        return errors(Spread.of(half));
    }

    /** Sets a band around each line. */
    public Options band(Spread band) { return with("band", band); }

    /** Sets the horizontal error bar of each point. */
    public Options xErrors(Spread errors) {
        return with("xErrors", errors);
    }

    /** Sets how lines are drawn, by the name of their series or "" for all: {@code dashed}, {@code dotted}, … */
    public Options styles(Map<String, String> byName) {
        return with("styles", Map.copyOf(byName));
    }

    /** Sets lines to compare with. */
    public Options references(List<Reference> lines) {
        return with("reference", List.copyOf(lines));
    }

    /** Sets the width of the figure, with text in print size; by default its plot has a size fit for a screen. */
    public Options width(Width width) {
        return with("width", width);
    }

    /** Sets the text along the colour bar: what the numbers are, and their unit. */
    public Options label(String label) {
        return with("label", label);
    }

    /** Sets the ends of the colours to the 2nd and the 98th percentile, so that outliers do not decide them. */
    public Options robust() {
        return with("robust", true);
    }

    /** Sets the number of cells, the strongest, that show their number; {@code Integer.MAX_VALUE} for all with room. */
    public Options annotate(int strongest) {
        return with("annotate", atLeastOne("annotate", strongest));
    }

    /** Sets cells to be outlined, each by the index of each axis. */
    public Options mark(List<Map<String, Integer>> cells) {
        return with("mark", List.copyOf(cells));
    }

    /** Sets whether the heat maps of a grid share one scale; by default if they show the same quantity. */
    public Options shared(boolean shared) {
        return with("scale", shared);
    }

    /** Sets whether the charts of a grid are lettered (a), (b), … */
    public Options letters(boolean letters) {
        return with("letters", letters);
    }

    /** Sets the approximate number of bins of a histogram, whose edges are round numbers. */
    public Options bins(int bins) {
        return with("bins", atLeastOne("bins", bins));
    }

    /** Sets the number of charts in a row of a grid. */
    public Options columns(int columns) {
        return with("columns", atLeastOne("columns", columns));
    }

    /** Sets the logarithmic axes: {@code "x"}, {@code "y"} or {@code "xy"}. */
    public Options log(String axes) {
        if (!List.of("x", "y", "xy").contains(axes))
            throw new UsageException("log is \"x\", \"y\" or \"xy\", not \"" + axes + "\"");
        return with("log", axes);
    }

    /** Returns these options with axis titles, if none were given. */
    Options titlesOr(String x, String y) {
        Options more = given.containsKey("x") ? this : x(x);
        return more.given.containsKey("y") ? more : more.y(y);
    }

    private static int atLeastOne(String option, int value) {
        if (value < 1) throw new UsageException(option + " must be at least 1, not " + value);
        return value;
    }

    private Options with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(given);
        more.put(name, value);
        return new Options(more);
    }

    /** Returns these options, and refuses any that is not among {@code known}. */
    Options only(String chart, String... known) {
        for (String name : given.keySet()) {
            if (!List.of(known).contains(name)) {
                throw new UsageException(chart + " has " + Nearest.message("option", name, List.of(known)));
            }
        }
        return this;
    }

    /** {@code heat map "Induction"}. */
    String named(String chart) {
        return title().isBlank() ? chart : chart + " \"" + title().strip() + "\"";
    }

    String title() { return (String) given.getOrDefault("title", ""); }

    String xTitle(String otherwise) { return (String) given.getOrDefault("x", otherwise); }

    String yTitle(String otherwise) { return (String) given.getOrDefault("y", otherwise); }

    Optional<Boolean> diverging() { return Optional.ofNullable((Boolean) given.get("diverging")); }

    Optional<double[]> range() { return Optional.ofNullable((double[]) given.get("range")); }

    Optional<Spread> errors() { return Optional.ofNullable((Spread) given.get("errors")); }

    Optional<Spread> band() { return Optional.ofNullable((Spread) given.get("band")); }

    Optional<Spread> xErrors() { return Optional.ofNullable((Spread) given.get("xErrors")); }

    @SuppressWarnings("unchecked") List<Reference> references() {
        return (List<Reference>) given.getOrDefault("reference", List.of());
    }

    /** Returns how each line is drawn; refuses a style for a series that there is not. */
    @SuppressWarnings("unchecked") List<LineStyle> lineStyles(List<Series> series) {
        Map<String, String> styles = (Map<String, String>) given.getOrDefault("styles", Map.of());
        List<String> names = series.stream().map(Series::name).toList();
        for (String name : styles.keySet())
            if (!name.equals(EVERY_AXIS) && !names.contains(name))
                throw new UsageException("styles: " + Nearest.message("series", name, names));
        String all = styles.getOrDefault(EVERY_AXIS, "solid");
        return names.stream().map(name -> LineStyle.of(styles.getOrDefault(name, all))).toList();
    }

    Optional<Width> width() { return Optional.ofNullable((Width) given.get("width")); }

    String label() { return (String) given.getOrDefault("label", ""); }

    boolean isRobust() { return (boolean) given.getOrDefault("robust", false); }

    Optional<Integer> annotate() { return Optional.ofNullable((Integer) given.get("annotate")); }

    @SuppressWarnings("unchecked") List<Map<String, Integer>> mark() {
        return (List<Map<String, Integer>>) given.getOrDefault("mark", List.of());
    }

    /** Returns what heat maps of one quantity have in common. */
    List<Object> quantity() {
        return List.of(label(), range().map(ends -> List.of(ends[0], ends[1])), diverging(), isRobust());
    }

    Optional<Boolean> shared() { return Optional.ofNullable((Boolean) given.get("scale")); }

    boolean letters() { return (boolean) given.getOrDefault("letters", false); }

    Optional<Integer> bins() { return Optional.ofNullable((Integer) given.get("bins")); }

    Optional<Integer> columns() { return Optional.ofNullable((Integer) given.get("columns")); }

    boolean log(char axis) { return ((String) given.getOrDefault("log", "")).indexOf(axis) >= 0; }

    @SuppressWarnings("unchecked") private Map<String, List<String>> labels() {
        return (Map<String, List<String>>) given.getOrDefault("labels", Map.of());
    }

    /** Returns the labels given for the name of an axis or for its place, x or y. */
    Optional<List<String>> labelsOf(String axis, String place, int size) {
        for (String name : List.of(axis, place)) {
            if (!labels().containsKey(name)) continue;
            List<String> labels = labels().get(name);
            if (labels.size() != size) {
                throw new UsageException(labels.size() + " labels for axis " + name + ", which has " + size
                        + " entries: give one for each");
            }
            return Optional.of(labels);
        }
        return Optional.ofNullable(labels().get(EVERY_AXIS)).filter(labels -> labels.size() == size);
    }

    /** Returns the labels given without an axis. */
    Optional<List<String>> labelsOfEverything() {
        return Optional.ofNullable(labels().get(EVERY_AXIS));
    }

    /** Returns these options, and refuses labels that belong to no axis of {@code shape}. */
    Options labelling(Shape shape) {
        List<String> axes = new ArrayList<>(shape.names());
        axes.addAll(List.of("x", "y"));
        labels().forEach((axis, labels) -> {
            if (axis.equals(EVERY_AXIS)) {
                if (Arrays.stream(shape.sizes()).noneMatch(size -> size == labels.size())) {
                    throw new UsageException(
                            labels.size() + " labels, but no axis of " + shape + " has " + labels.size() + " entries");
                }
            } else if (!axes.contains(axis)) {
                throw new UsageException(
                        "labels for an axis that " + shape + " has not: " + Nearest.message("axis", axis, axes));
            }
        });
        return this;
    }

    /** Returns the names of {@code count} series, if any were given. */
    Optional<List<String>> series(int count) {
        @SuppressWarnings("unchecked")
        List<String> names = (List<String>) given.get("series");
        if (names == null) return Optional.empty();
        if (names.size() != count)
            throw new UsageException(names.size() + " names for " + count + " series: give one for each");
        return Optional.of(distinct(names));
    }

    static List<String> distinct(List<String> names) {
        List<String> twice = new ArrayList<>();
        HashSet<String> seen = new HashSet<>();
        for (String name : names) if (!seen.add(name)) twice.add(name);
        if (!twice.isEmpty()) {
            throw new UsageException("two series are called "
                    + twice.stream().distinct().collect(Collectors.joining(", ")) + ": names must differ");
        }
        return names;
    }
}
