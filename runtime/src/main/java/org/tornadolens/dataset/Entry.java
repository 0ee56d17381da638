package org.tornadolens.dataset;

import java.util.Map;

/**
 * What a reader found at one place of a file.
 *
 * @param place where it stands, in words: {@code texts.jsonl line 12}
 */
sealed interface Entry {

    String place();

    /** A record with the columns that were asked for, as text. */
    record Read(String place, Map<String, String> columns) implements Entry {}

    /** A record that cannot be used. */
    record Invalid(String place, String reason) implements Entry {}
}
