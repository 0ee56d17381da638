package org.tornadolens.dataset;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.UsageException;

/**
 * How the text of a document is made of the columns of a record: {@code "{question} {answer}"}, in which
 * <code>{{</code> and <code>}}</code> stand for the braces themselves.
 *
 * @param parts in order, texts and names of columns in turn, beginning with a text
 */
record Template(List<String> parts) {

    /** Returns the template of one column alone. */
    static Template column(String name) {
        return new Template(List.of("", name, ""));
    }

    /** @throws UsageException if a brace has no partner, or nothing is named */
    static Template parse(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean twice = i + 1 < text.length() && text.charAt(i + 1) == c;
            if ((c == '{' || c == '}') && twice) {
                part.append(c);
                i++;
            } else if (c == '{') {
                int end = text.indexOf('}', i);
                if (end <= i + 1) throw wrong(text, "a { without a name and }");
                parts.add(part.toString());
                parts.add(text.substring(i + 1, end).strip());
                part.setLength(0);
                i = end;
            } else if (c == '}') {
                throw wrong(text, "a } without {");
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        if (parts.size() == 1) throw wrong(text, "no column");
        return new Template(List.copyOf(parts));
    }

    private static UsageException wrong(String text, String what) {
        return new UsageException("the template \"" + text + "\" has " + what
                + "; it names columns in braces, as in \"{question} {answer}\", and {{ stands for {");
    }

    Set<String> columns() {
        Set<String> columns = new LinkedHashSet<>();
        for (int i = 1; i < parts.size(); i += 2) columns.add(parts.get(i));
        return columns;
    }

    String filled(Map<String, String> record) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) text.append(i % 2 == 0 ? parts.get(i) : record.get(parts.get(i)));
        return text.toString();
    }
}
