package org.tornadolens.training.corpus;

import java.util.List;

/** One piece of the corpus, without the beginning-of-sequence token that a trainer puts before it. */
public sealed interface Document {
    /**
     * Text that asks something: a model that understood it continues {@code prompt} with {@code answer} rather than with one of {@code wrong}.
     * Answer and wrong answers begin where a word begins, so that the prompt's tokens are the first tokens of the whole text.
     *
     * @param topic what kind of question it is, for counting: "abba", "which", "refused"
     */
    record Question(String topic, String prompt, String answer, List<String> wrong, String rest) implements Document {
        public String text() { return prompt + answer + rest; }
    }

    /** Text that asks nothing in particular. */
    record Prose(String text) implements Document {}

    /** Token ids, of which the first {@code free} cannot be foreseen and the rest repeat them. */
    record Tokens(List<Integer> ids, int free) implements Document {}
}
