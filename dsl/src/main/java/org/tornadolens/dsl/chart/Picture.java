package org.tornadolens.dsl.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/** What a chart can be saved as. */
public enum Picture {
    PNG, SVG, PDF;

    /** As the extension of a file's name says; without one, PNG. {@code head 3.1} has no extension, {@code head.svg} has one. */
    public static Picture of(String name) {
        String extension = extension(name);
        for (Picture picture : values()) if (picture.name().equalsIgnoreCase(extension)) return picture;
        if (extension.isEmpty()) return PNG;
        String stem = name.substring(0, name.lastIndexOf('.'));
        throw new IllegalArgumentException("a chart is saved as PNG, SVG or PDF: name it " + stem + ".png, " + stem
                + ".svg or " + stem + ".pdf, not " + name);
    }

    /** The name of a chart's file, with its extension. */
    public static String fileName(String name) {
        return of(name) == PNG && extension(name).isEmpty() ? name + ".png" : name;
    }

    private static String extension(String name) {
        int dot = name.lastIndexOf('.');
        String extension = dot <= 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
        return extension.matches("[a-z][a-z0-9]{1,4}") ? extension : "";
    }

    void write(Drawing drawing, OutputStream out) throws IOException {
        switch (this) {
            case PNG -> Png.write(drawing, out);
            case SVG -> Svg.write(drawing, out);
            case PDF -> Pdf.write(drawing, out);
        }
    }
}
