/**
 * Charts of tensors and arrays as PNG, SVG and PDF files.
 *
 * <p><b>The border of XChart.</b> XChart draws what stands inside the axes of a line, bar, scatter chart or histogram:
 * lines, points and bars ({@code Marks} is the only class that names it). It gets a canvas without axes, titles and
 * legend, and the ends of both axes. Everything else is ours:
 *
 * <ul>
 * <li>{@code Sheet}, {@code Fit}, {@code Frame}, {@code Ticks}, {@code Scale}, {@code Legend} and {@code Grid} lay a
 * figure out. A paper needs a picture of a given width with text of a given size, round numbers at the ticks, plots
 * that are aligned across panels, and one scale for several panels; XChart's layout starts from the size of the canvas
 * and knows one chart at a time.</li>
 * <li>{@code Heatmap}, {@code Colors} and {@code CellMarks} draw heat maps: XChart's have row 0 at the bottom, draw NaN
 * black, and have neither a diverging scale nor numbers in their cells.</li>
 * <li>{@code Intervals} and {@code References} draw error bars, bands and reference lines. XChart's error bars are
 * symmetric and vertical; it has no bands. Dashed lines are ours, too ({@code Marks}): XChart starts their dashes anew
 * at each point.</li>
 * <li>{@code Png}, {@code Svg} and {@code Pdf} write the files, in which text stays text. XChart writes text as
 * outlines and has no place for metadata.</li>
 * </ul>
 */
package org.tornadolens.dsl.chart;
