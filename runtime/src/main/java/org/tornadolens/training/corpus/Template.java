package org.tornadolens.training.corpus;

import java.util.Map;
import java.util.regex.Pattern;

/** Fills the "{slots}" of a sentence. */
final class Template {
    private static final Pattern SLOT = Pattern.compile("\\{(\\w+)}");

    private Template() {}

    /** @throws IllegalArgumentException with the name of the slot if a slot has no word */
    static String fill(String template, Map<String, String> words) {
        return SLOT.matcher(template).replaceAll(match -> {
            String word = words.get(match.group(1));
            if (word == null)
                throw new IllegalArgumentException("no word for {" + match.group(1) + "} in \"" + template + "\"");
            return word;
        });
    }

    static String capital(String sentence) { return Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1); }
}
