package org.tornadolens.dsl.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import org.tornadolens.UsageException;

/** The file formats of charts. */
public enum Picture {
    PNG, SVG, PDF;

    /** Returns the format of a file name's extension, or PNG without one. {@code head 3.1} has no extension. */
    public static Picture of(String name) {
        String extension = extension(name);
        for (Picture picture : values()) if (picture.name().equalsIgnoreCase(extension)) return picture;
        if (extension.isEmpty()) return PNG;
        String stem = name.substring(0, name.lastIndexOf('.'));
        throw new UsageException("a chart is saved as PNG, SVG or PDF: name it " + stem + ".png, " + stem
                + ".svg or " + stem + ".pdf, not " + name);
    }

    /** Returns the name of a chart's file with its extension. */
    public static String fileName(String name) {
        return of(name) == PNG && extension(name).isEmpty() ? name + ".png" : name;
    }

    private static String extension(String name) {
        int dot = name.lastIndexOf('.');
        String extension = dot <= 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
        return extension.matches("[a-z][a-z0-9]{0,11}") ? extension : "";
    }

    /** @param dotsPerInch of a PNG */
    void write(Drawing drawing, double dotsPerInch, About about, OutputStream out) throws IOException {
        switch (this) {
            case PNG -> Png.write(drawing, dotsPerInch, about, out);
            case SVG -> Svg.write(drawing, about, out);
            case PDF -> Pdf.write(drawing, about, out);
        }
    }
}
