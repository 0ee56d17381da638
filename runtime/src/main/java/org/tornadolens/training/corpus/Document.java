package org.tornadolens.training.corpus;

import java.util.List;

/** One document of the corpus, without the BOS that a trainer puts before it. */
public sealed interface Document {
    /**
     * Text with a question: a model that understood it continues {@code prompt} with {@code answer} rather than with
     * one of {@code wrong}. Answers start at the start of a word, so that the tokens of the prompt are the first tokens
     * of the whole text.
     *
     * @param topic the kind of question, for statistics: "abba", "which", "refused"
     */
    record Question(String topic, String prompt, String answer, List<String> wrong, String rest) implements Document {
        public String text() { return prompt + answer + rest; }
    }

    /** Text without a question. */
    record Prose(String text) implements Document {}

    /** Token ids: the first {@code free} are unpredictable, the others repeat them. */
    record Tokens(List<Integer> ids, int free) implements Document {}
}
