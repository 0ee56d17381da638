package org.tornadolens.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.tornadolens.dsl.table.Table;

class RenderingTest {

    private static String svg(String clip) { return InlineSvg.of("""
            <svg xmlns="http://www.w3.org/2000/svg"><defs><clipPath id="clip1"><path d="%s"/></clipPath></defs>
            <style>@font-face { font-family: "Lens DejaVu Sans"; }</style>
            <g clip-path="url(#clip1)" style="clip-path:url(#clip1)" font-family="'Lens DejaVu Sans', sans-serif">
            <text>id="clip1" url(#clip1)</text></g></svg>
            """.formatted(clip).getBytes(StandardCharsets.UTF_8)); }

    private static Set<String> found(String pattern, String text) {
        Set<String> all = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) all.add(matcher.group(1));
        return all;
    }

    @Test void picturesOnOnePageShareNoNames() {
        String one = svg("M0 0"), other = svg("M1 1");
        for (String pattern : List.of("clipPath id=\"([^\"]+)\"", "font-family: \"([^\"]+)\"")) {
            Set<String> ours = found(pattern, one), theirs = found(pattern, other);
            assertEquals(1, ours.size());
            assertFalse(theirs.containsAll(ours), ours + " and " + theirs);
        }
        String id = found("clipPath id=\"([^\"]+)\"", one).iterator().next();
        assertTrue(one.contains("clip-path=\"url(#" + id + ")\"") && one.contains("clip-path:url(#" + id + ")"), one);
        assertTrue(one.contains("<text>id=\"clip1\" url(#clip1)</text>"), "text stays as it is");
        assertFalse(one.contains("<?xml"), one);
    }

    @Test void aTableShowsItsFirstRowsAndHowManyMore() {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < 70; i++) rows.add(new LinkedHashMap<>(Map.of("n", i)));
        String html = TableMarkup.of(Table.of(rows), 60);
        assertEquals(61, html.split("<tr>", -1).length - 1);
        assertTrue(html.endsWith("<p>… 10 more rows</p>"));
    }
}
