package org.tornadolens.chat;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.UsageException;

/**
 * Where the contents of messages stand in a rendered text: characters {@code from[i]} to {@code to[i]}, and -1 for a
 * content that the template leaves out.
 *
 * <p>The messages are rendered once more with a mark at both ends of each content. If that is the same text but for the
 * marks, the marks are where the contents are, whether or not contents repeat or look like the template's own words.
 */
record Contents(int[] from, int[] to) {

    private static final char FIRST = '\uFDD0';   // 32 characters that are assigned to no text

    static Contents find(ChatTemplate template, List<Message> messages, boolean answer, String text) {
        int count = messages.size();
        int[] from = new int[count], to = new int[count];
        Arrays.fill(from, -1);
        Arrays.fill(to, -1);
        Contents found = new Contents(from, to);
        char open = unused(text, messages, FIRST), close = unused(text, messages, (char) (open + 1));
        // the content with its whitespace; then without, for templates that trim; then each message by itself
        if (found.marked(template, messages, answer, text, open, close, false, -1)) return found;
        if (found.marked(template, messages, answer, text, open, close, true, -1)) return found;
        for (int i = 0; i < count; i++) {
            if (!found.marked(template, messages, answer, text, open, close, false, i)
                    && !found.marked(template, messages, answer, text, open, close, true, i)) {
                found.search(messages, i, text);
            }
        }
        return found;
    }

    private static char unused(String text, List<Message> messages, char from) {
        char mark = from;
        while (mark < FIRST + 31 && (text.indexOf(mark) >= 0 || contain(messages, mark))) mark++;
        return mark;
    }

    private static boolean contain(List<Message> messages, char mark) {
        return messages.stream().anyMatch(message -> message.content().indexOf(mark) >= 0);
    }

    /** Renders with marks; returns whether the text is otherwise the same. {@code only} -1 marks all messages. */
    private boolean marked(ChatTemplate template, List<Message> messages, boolean answer, String text, char open,
            char close, boolean within, int only) {
        String rendered;
        int[] next = {0};
        try {
            rendered = template.render(messages, answer, message -> {
                int index = next[0]++;
                if (only >= 0 && index != only || message.content().isEmpty()) return message.content();
                return mark(message.content(), open, close, within);
            });
        } catch (UsageException e) {
            return false;   // it looks into contents
        }
        if (!rendered.replace(String.valueOf(open), "").replace(String.valueOf(close), "").equals(text)) return false;
        List<Integer> expected = only >= 0 ? List.of(only) : java.util.stream.IntStream.range(0, messages.size())
                .filter(i -> !messages.get(i).content().isEmpty()).boxed().toList();
        return read(rendered, open, close, expected, messages, only >= 0);
    }

    private static String mark(String content, char open, char close, boolean within) {
        if (!within) return open + content + close;
        int start = 0, end = content.length();
        while (start < end && space(content.charAt(start))) start++;
        while (end > start && space(content.charAt(end - 1))) end--;
        if (start == end) return content;
        return content.substring(0, start) + open + content.substring(start, end) + close + content.substring(end);
    }

    /** Whether Python's {@code strip} removes it. */
    private static boolean space(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    /** Takes the marks in order. Where a template keeps a part of a content, one of its marks may be missing. */
    private boolean read(String rendered, char open, char close, List<Integer> expected, List<Message> messages,
            boolean single) {
        int removed = 0, pairs = 0, started = -1;
        int[] starts = new int[rendered.length()], ends = new int[rendered.length()];
        for (int i = 0; i < rendered.length(); i++) {
            char c = rendered.charAt(i);
            if (c == open) {
                started = i - removed++;
            } else if (c == close) {
                starts[pairs] = started;
                ends[pairs++] = i - removed++;
                started = -1;
            }
        }
        if (single && pairs == 0) {
            if (started < 0) return true;   // the content is left out
            from[expected.getFirst()] = started;
            to[expected.getFirst()] = started + common(messages.get(expected.getFirst()).content(),
                    plain(rendered, open, close).substring(started));
            return true;
        }
        if (!single && pairs != expected.size()) return false;
        for (int k = 0; !single && k < pairs; k++) {   // a template may write messages in another order
            String content = messages.get(expected.get(k)).content();
            String marked = starts[k] < 0 ? null : plain(rendered, open, close).substring(starts[k], ends[k]);
            if (marked == null || !content.contains(marked)) return false;
        }
        for (int k = 0; k < expected.size(); k++) {
            int message = expected.get(k);
            to[message] = ends[k];
            from[message] = starts[k] >= 0 ? starts[k] : ends[k]
                    - commonEnd(messages.get(message).content(), plain(rendered, open, close).substring(0, ends[k]));
        }
        return true;
    }

    private static String plain(String rendered, char open, char close) {
        return rendered.replace(String.valueOf(open), "").replace(String.valueOf(close), "");
    }

    private static int common(String content, String text) {
        int n = 0;
        while (n < content.length() && n < text.length() && content.charAt(n) == text.charAt(n)) n++;
        return n;
    }

    private static int commonEnd(String content, String text) {
        String core = content.stripTrailing();
        int n = 0;
        while (n < core.length() && n < text.length()
                && core.charAt(core.length() - 1 - n) == text.charAt(text.length() - 1 - n))
            n++;
        return n;
    }

    /** For a template that looks into contents: the next place where the content stands as it is, or trimmed. */
    private void search(List<Message> messages, int index, String text) {
        int after = 0;
        for (int i = 0; i < index; i++) after = Math.max(after, to[i]);
        for (String content : List.of(messages.get(index).content(), messages.get(index).content().strip())) {
            int at = content.isEmpty() ? -1 : text.indexOf(content, after);
            if (at < 0) continue;
            from[index] = at;
            to[index] = at + content.length();
            return;
        }
    }
}
