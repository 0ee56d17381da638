package org.tornadolens.dsl.chart;

import java.awt.Font;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The labelled places along an axis, in points from its left or upper end.
 *
 * @param upward whether labels under a horizontal axis read upwards, because they do not fit otherwise
 * @param factor the common factor of all labels, {@code ×10⁻⁵}, or nothing
 */
record Ticks(List<Tick> ticks, Font font, boolean upward, String factor) {

    record Tick(double at, String label) {}

    private static final double APART = 4;
    private static final int ALL = 16;              // most cells of an axis that all show their index

    static Ticks none() { return new Ticks(List.of(), Fonts.size(Sheet.SCREEN.tick()), false, ""); }

    static Ticks horizontal(Scale scale, double length, Sheet sheet) {
        return numbers(scale, tick -> scale.fraction(tick) * length, sheet).apart();
    }

    static Ticks vertical(Scale scale, double length, Sheet sheet) {
        return numbers(scale, tick -> (1 - scale.fraction(tick)) * length, sheet).above();
    }

    private static Ticks numbers(Scale scale, DoubleUnaryOperator place, Sheet sheet) {
        List<Tick> ticks =
                scale.ticks().stream().map(tick -> new Tick(place.applyAsDouble(tick), scale.label(tick))).toList();
        return new Ticks(ticks, Fonts.size(sheet.tick()), false, scale.factor());
    }

    /** Keeps every 2nd, 4th, … tick of a horizontal axis, so that labels do not touch. */
    Ticks apart() {
        return thinned(Ticks::touching);
    }

    /** Keeps every 2nd, 4th, … tick of a vertical axis. */
    Ticks above() {
        return thinned(neighbours -> IntStream.range(1, neighbours.ticks.size()).anyMatch(
                i -> Math.abs(neighbours.ticks.get(i).at - neighbours.ticks.get(i - 1).at) < Label.LINE
                        * font.getSize2D()));
    }

    private Ticks thinned(Predicate<Ticks> touch) {
        Ticks kept = this;
        while (kept.ticks.size() > 2 && touch.test(kept)) {
            List<Tick> all = kept.ticks;
            kept = new Ticks(IntStream.range(0, all.size()).filter(i -> i % 2 == 0).mapToObj(all::get).toList(), font,
                    upward, factor);
        }
        return kept;
    }

    private boolean touching() {
        for (int i = 1; i < ticks.size(); i++) {
            Tick left = ticks.get(i - 1), right = ticks.get(i);
            if (right.at - left.at < (Fonts.width(left.label, font) + Fonts.width(right.label, font)) / 2 + 2 * APART)
                return true;
        }
        return false;
    }

    /** Returns the number of cells between two index labels: 1, 2, 5, 10, … */
    static int everyBelow(int count, double cell, Sheet sheet) {
        return thinned(cell, Fonts.width(Integer.toString(count - 1), Fonts.size(sheet.tick())) + APART);
    }

    static int everyBeside(int count, double cell, Sheet sheet) {
        return thinned(cell, (count <= ALL ? Label.LINE : 1.5) * sheet.tick());
    }

    /** Returns the indices of cells, from 0, at their middles. */
    static Ticks indices(int count, double cell, int step, Sheet sheet) {
        return every(step, IntStream.range(0, count).mapToObj(Integer::toString).toList(), cell,
                Fonts.size(sheet.tick()), false);
    }

    /** Draws words under cells, horizontally if they fit, else upwards, and as many as there is room for. */
    static Ticks wordsBelow(List<String> words, double cell, Sheet sheet) {
        Font font = Fonts.size(sheet.tick());
        double widest = words.stream().mapToDouble(word -> Fonts.width(word, font)).max().orElse(0);
        if (widest + APART <= cell) return every(1, words, cell, font, false);
        Font upward = fitting(cell, sheet);
        return every(wordStep(cell, sheet),
                Glyphs.shortened(words, upward, sheet.longestUpward(), 1.5 * sheet.longestUpward()), cell, upward,
                true);
    }

    static Ticks wordsBeside(List<String> words, double cell, Sheet sheet) {
        Font font = fitting(cell, sheet);
        return every(wordStep(cell, sheet),
                Glyphs.shortened(words, font, sheet.longestLabel()), cell, font, false);
    }

    /** Returns the number of cells between two words. Numbers have round steps, words need none. */
    private static int wordStep(double cell, Sheet sheet) {
        return Math.max(1, (int) Math.ceil(Label.LINE * sheet.smallest() / cell - 1e-9));
    }

    private static Font fitting(double cell, Sheet sheet) {
        return Fonts.size(Math.clamp(cell / Label.LINE, sheet.smallest(), sheet.tick()));
    }

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
        for (int i = 0; i < labels.size(); i += step) ticks.add(new Tick((i + 0.5) * cell, labels.get(i)));
        return new Ticks(ticks, font, upward, "");
    }

    /** Returns the places without their labels. */
    Ticks withoutLabels() {
        return new Ticks(ticks.stream().map(tick -> new Tick(tick.at, "")).toList(), font, upward, "");
    }

    List<Tick> labelled() { return ticks.stream().filter(tick -> !tick.label.isEmpty()).toList(); }

    boolean unlabelled() { return labelled().isEmpty(); }

    double widest() { return ticks.stream().mapToDouble(tick -> Fonts.width(tick.label, font)).max().orElse(0); }
}
