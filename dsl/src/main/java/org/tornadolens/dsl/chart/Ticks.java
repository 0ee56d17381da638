package org.tornadolens.dsl.chart;

import java.awt.Font;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * The labelled places along an axis, in points from its left or upper end.
 *
 * @param upward whether labels under a horizontal axis read upwards, because they do not fit otherwise
 * @param factor the common factor of all labels, {@code ×10⁻⁵}, or nothing
 */
record Ticks(List<Tick> ticks, Font font, boolean upward, String factor) {

    record Tick(double at, String label) {}

    static final double SIZE = 9;
    private static final double SMALLEST = 6;
    private static final double LONGEST = 100;     // largest length of a token's label, in points
    private static final double APART = 4;
    private static final int ALL = 16;              // most cells of an axis that all show their index

    static final Ticks NONE = new Ticks(List.of(), Fonts.size(SIZE), false, "");

    static Ticks horizontal(Scale scale, double length) {
        return numbers(scale, tick -> scale.fraction(tick) * length).apart();
    }

    static Ticks vertical(Scale scale, double length) {
        return numbers(scale, tick -> (1 - scale.fraction(tick)) * length);
    }

    private static Ticks numbers(Scale scale, DoubleUnaryOperator place) {
        List<Tick> ticks =
                scale.ticks().stream().map(tick -> new Tick(place.applyAsDouble(tick), scale.label(tick))).toList();
        return new Ticks(ticks, Fonts.size(SIZE), false, scale.factor());
    }

    /** Keeps every 2nd, 4th, … tick of a horizontal axis, so that labels do not touch. */
    Ticks apart() {
        List<Tick> kept = ticks;
        while (kept.size() > 2 && touching(kept)) {
            List<Tick> all = kept;
            kept = IntStream.range(0, all.size()).filter(i -> i % 2 == 0).mapToObj(all::get).toList();
        }
        return new Ticks(kept, font, upward, factor);
    }

    private boolean touching(List<Tick> neighbours) {
        for (int i = 1; i < neighbours.size(); i++) {
            Tick left = neighbours.get(i - 1), right = neighbours.get(i);
            if (right.at - left.at < (Fonts.width(left.label, font) + Fonts.width(right.label, font)) / 2 + 2 * APART)
                return true;
        }
        return false;
    }

    /** Returns the number of cells between two index labels: 1, 2, 5, 10, … */
    static int everyBelow(int count, double cell) {
        return thinned(cell, Fonts.width(Integer.toString(count - 1), Fonts.size(SIZE)) + APART);
    }

    static int everyBeside(int count, double cell) { return thinned(cell, (count <= ALL ? Label.LINE : 1.5) * SIZE); }

    /** Returns the indices of cells, from 0, at their middles. */
    static Ticks indices(int count, double cell, int step) {
        return every(step, IntStream.range(0, count).mapToObj(Integer::toString).toList(), cell, Fonts.size(SIZE),
                false);
    }

    /** Draws words under cells, horizontally if they fit, else upwards; none if cells are too narrow for any text. */
    static Ticks wordsBelow(List<String> words, double cell) {
        double widest = words.stream().mapToDouble(word -> Fonts.width(word, Fonts.size(SIZE))).max().orElse(0);
        if (widest + APART <= cell) return every(1, words, cell, Fonts.size(SIZE), false);
        return every(thinned(cell, Label.LINE * SMALLEST), words, cell, fitting(cell), true);
    }

    static Ticks wordsBeside(List<String> words, double cell) {
        return every(thinned(cell, Label.LINE * SMALLEST), words, cell, fitting(cell), false);
    }

    private static Font fitting(double cell) { return Fonts.size(Math.clamp(cell / Label.LINE, SMALLEST, SIZE)); }

    /** Returns the first of 1, 2, 5, 10, … cells that span {@code room} points. */
    private static int thinned(double cell, double room) {
        int power = 1;
        while (true) {
            for (int round : new int[]{1, 2, 5}) if (round * power * cell >= room) return round * power;
            power *= 10;
        }
    }

    private static Ticks every(int step, List<String> labels, double cell, Font font, boolean upward) {
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i < labels.size(); i += step)
            ticks.add(new Tick((i + 0.5) * cell, Glyphs.shorten(labels.get(i), font, LONGEST)));
        return new Ticks(ticks, font, upward, "");
    }

    double widest() { return ticks.stream().mapToDouble(tick -> Fonts.width(tick.label, font)).max().orElse(0); }
}
