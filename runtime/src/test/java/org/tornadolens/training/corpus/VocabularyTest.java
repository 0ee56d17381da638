package org.tornadolens.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.sentencepiece.SpTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every word of the corpus is one token of the bundled tokenizer, and so one position in a prompt. */
class VocabularyTest {
    private static SpTokenizer tokenizer;

    @BeforeAll static void open() throws IOException {
        tokenizer = new SpTokenizer(Path.of("../models/bundled/tokenizer.model"));
    }

    @AfterAll static void close() { tokenizer.close(); }

    @Test void everyNameIsOnePiece() { Names.ALL.forEach(VocabularyTest::assertOnePiece); }

    @Test void everyNounAdjectiveAndInventedWordIsOnePiece() {
        Stream.of(Lexicon.THINGS, Lexicon.PLACES, Lexicon.COLOURS, Lexicon.QUALITIES, Lexicon.FEELINGS, Lexicon.ANIMALS,
                Lexicon.JOBS, Lexicon.FOODS,
                Lexicon.TIMES, Facts.INVENTED_WORDS).flatMap(List::stream).forEach(VocabularyTest::assertOnePiece);
    }

    @Test void theRepliesOfAChatBeginWithOnePiece() {
        Stream.of("User", "Assistant", "Sure", "Sorry").forEach(VocabularyTest::assertOnePiece);
    }

    private static void assertOnePiece(String word) { assertEquals(List.of("▁" + word), tokenizer.tokenize(word)); }
}
