package org.tornadolens.dsl.chart;

/**
 * A chart laid out for paper: the largest plot with which the whole picture, its text in print size, is no wider than
 * the column and no higher than a page.
 */
record Fit(double plot, Drawing drawing) {

    private static final double HIGHEST = 9 * 72;         // the text of a page, in points
    private static final double LEAST = 24, NEAR = 0.5;   // the smallest plot; points that may be left over
    private static final int STEPS = 14;

    static Fit of(Chart chart, double width) {
        Sheet sheet = Sheet.paper(width);
        double fits = LEAST, exceeds = width;
        Drawing best = null;
        for (int step = 0; step < STEPS; step++) {
            double plot = step == 0 ? LEAST : (fits + exceeds) / 2;
            Drawing drawing = chart.draw(sheet.plot(plot));
            if (step == 0 && drawing.width() > width) return new Fit(0, drawing.scaled(width / drawing.width()));
            if (step > 0 && (drawing.width() > width || drawing.height() > HIGHEST)) {
                exceeds = plot;
            } else {
                fits = plot;
                best = drawing;
                if (width - drawing.width() < NEAR) break;
            }
        }
        return new Fit(fits, best.widened(width));
    }
}
