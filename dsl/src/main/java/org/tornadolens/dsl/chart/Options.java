package org.tornadolens.dsl.chart;

import org.tornadolens.Nearest;
import org.tornadolens.tensor.Shape;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What may be said about a chart. {@code Options.NONE.title("Induction").labels("src", pieces)}; every chart takes
 * those that mean something for it and refuses the others.
 */
public final class Options {

    public static final Options NONE = new Options(Map.of());

    /** For a list of labels without an axis: they belong to every axis of that length. */
    private static final String EVERY_AXIS = "";

    private final Map<String, Object> given;

    private Options(Map<String, Object> given) { this.given = given; }

    /** Above the chart; a newline starts a new line, and a long title is wrapped. */
    public Options title(String title) {
        return with("title", title);
    }

    /** The title of the horizontal axis; without it, the name of the tensor's axis. */
    public Options x(String title) {
        return with("x", title);
    }

    /** The title of the vertical axis; without it, the name of the tensor's axis. */
    public Options y(String title) {
        return with("y", title);
    }

    /** What stands beside the indices of an axis: tokens' pieces, heads' names. {@code x} and {@code y} name the axes by where they are. */
    public Options labels(String axis, List<String> labels) {
        Map<String, List<String>> all = new LinkedHashMap<>(labels());
        all.put(axis, List.copyOf(labels));
        return with("labels", all);
    }

    /** Labels for every axis of that length: a pattern's {@code dest} and {@code src}. */
    public Options labels(List<String> labels) {
        return labels(EVERY_AXIS, labels);
    }

    /** Whether colours are centred on zero, blue below and red above; without it, they are where values have both signs. */
    public Options diverging(boolean diverging) {
        return with("diverging", diverging);
    }

    /** The values at the two ends of the colour bar or of the vertical axis. */
    public Options range(double lo, double hi) {
        if (!(lo < hi) || Double.isInfinite(lo) || Double.isInfinite(hi)) {
            throw new IllegalArgumentException(
                    "range [" + lo + ", " + hi + "] is not one: give [lo, hi], finite, lo below hi");
        }
        return with("range", new double[]{lo, hi});
    }

    /** Names of the series, for the legend. */
    public Options series(List<String> names) {
        return with("series", List.copyOf(names));
    }

    /** Half the length of an error bar for each number, in the order of the numbers; of named series those of one after the other. NaN is none. */
    public Options errors(double[] errors) {
        for (int i = 0; i < errors.length; i++)
            if (errors[i] < 0)
                throw new IllegalArgumentException("error " + i + " is " + errors[i] + ": an error is at least 0");
        return with("errors", errors.clone());
    }

    /** How many bins a histogram has, about: their edges are round numbers. */
    public Options bins(int bins) {
        return with("bins", atLeastOne("bins", bins));
    }

    /** How many charts stand side by side in a grid. */
    public Options columns(int columns) {
        return with("columns", atLeastOne("columns", columns));
    }

    /** Logarithmic axes: {@code "x"}, {@code "y"} or {@code "xy"}. */
    public Options log(String axes) {
        if (!List.of("x", "y", "xy").contains(axes))
            throw new IllegalArgumentException("log is \"x\", \"y\" or \"xy\", not \"" + axes + "\"");
        return with("log", axes);
    }

    /** The same, with an axis title where none is given. */
    Options titlesOr(String x, String y) {
        Options more = given.containsKey("x") ? this : x(x);
        return more.given.containsKey("y") ? more : more.y(y);
    }

    private static int atLeastOne(String option, int value) {
        if (value < 1) throw new IllegalArgumentException(option + " must be at least 1, not " + value);
        return value;
    }

    private Options with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(given);
        more.put(name, value);
        return new Options(more);
    }

    /** These options, when all of them are among {@code known}. */
    Options only(String chart, String... known) {
        for (String name : given.keySet()) {
            if (!List.of(known).contains(name)) {
                throw new IllegalArgumentException(chart + " has " + Nearest.message("option", name, List.of(known)));
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

    Optional<double[]> errors() { return Optional.ofNullable((double[]) given.get("errors")); }

    Optional<Integer> bins() { return Optional.ofNullable((Integer) given.get("bins")); }

    Optional<Integer> columns() { return Optional.ofNullable((Integer) given.get("columns")); }

    boolean log(char axis) { return ((String) given.getOrDefault("log", "")).indexOf(axis) >= 0; }

    @SuppressWarnings("unchecked") private Map<String, List<String>> labels() {
        return (Map<String, List<String>>) given.getOrDefault("labels", Map.of());
    }

    /** The labels of the axis that is called {@code axis} or stands at {@code place} (x or y); empty where none are given. */
    Optional<List<String>> labelsOf(String axis, String place, int size) {
        for (String name : List.of(axis, place)) {
            if (!labels().containsKey(name)) continue;
            List<String> labels = labels().get(name);
            if (labels.size() != size) {
                throw new IllegalArgumentException(labels.size() + " labels for axis " + name + ", which has " + size
                        + " entries: give one for each");
            }
            return Optional.of(labels);
        }
        return Optional.ofNullable(labels().get(EVERY_AXIS)).filter(labels -> labels.size() == size);
    }

    /** The labels that were given without an axis. */
    Optional<List<String>> labelsOfEverything() {
        return Optional.ofNullable(labels().get(EVERY_AXIS));
    }

    /** These options, when all of their labels belong to an axis of {@code shape}. */
    Options labelling(Shape shape) {
        List<String> axes = new ArrayList<>(shape.names());
        axes.addAll(List.of("x", "y"));
        labels().forEach((axis, labels) -> {
            if (axis.equals(EVERY_AXIS)) {
                if (Arrays.stream(shape.sizes()).noneMatch(size -> size == labels.size())) {
                    throw new IllegalArgumentException(
                            labels.size() + " labels, but no axis of " + shape + " has " + labels.size() + " entries");
                }
            } else if (!axes.contains(axis)) {
                throw new IllegalArgumentException(
                        "labels for an axis that " + shape + " has not: " + Nearest.message("axis", axis, axes));
            }
        });
        return this;
    }

    /** The names given for {@code count} series; empty where none are given. */
    Optional<List<String>> series(int count) {
        @SuppressWarnings("unchecked")
        List<String> names = (List<String>) given.get("series");
        if (names == null) return Optional.empty();
        if (names.size() != count)
            throw new IllegalArgumentException(names.size() + " names for " + count + " series: give one for each");
        return Optional.of(distinct(names));
    }

    static List<String> distinct(List<String> names) {
        List<String> twice = new ArrayList<>();
        HashSet<String> seen = new HashSet<>();
        for (String name : names) if (!seen.add(name)) twice.add(name);
        if (!twice.isEmpty()) {
            throw new IllegalArgumentException("two series are called "
                    + twice.stream().distinct().collect(Collectors.joining(", ")) + ": names must differ");
        }
        return names;
    }
}
