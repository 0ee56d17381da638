package org.tornadolens.training.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;
import org.tornadolens.training.Batch;

/** Tests the corpus as rows of tokens. */
class DocumentsTest {

    private static final TokenizerSource BUNDLED =
            new TokenizerSource.SentencePieceModel(Path.of("../models/bundled/tokenizer.model"));
    private static final Tokenizer TOKENIZER = Tokenizer.open(BUNDLED);
    private static final int TOKENS = 600;

    private static Documents documents(Map<Kind, Integer> shares) {
        return new Documents(BUNDLED, shares, new Documents.Weighting(10, 0.25), TOKENS);
    }

    private static Documents only(Kind kind) {
        Map<Kind, Integer> shares = new EnumMap<>(Kind.class);
        for (Kind other : Kind.values()) shares.put(other, other == kind ? 1 : 0);
        return documents(shares);
    }

    private static Batch drawn(Documents documents, long seed) { return documents.next(new SplittableRandom(seed), 1); }

    @Test void aBatchHasOneDocumentARowAndFewTokensOfPadding() {
        Documents documents = documents(Map.of());
        int tokens = 0, padding = 0;
        for (int seed = 0; seed < 30; seed++) {
            Batch batch = drawn(documents, seed);
            assertTrue(batch.tokens().ids().length <= 1.3 * TOKENS || batch.tokens().batch() == 1,
                    batch.tokens().ids().length + " tokens");
            for (int row = 0; row < batch.tokens().batch(); row++) {
                int[] ids = batch.tokens().row(row);
                assertEquals(1, ids[0]);
                assertEquals(1, Arrays.stream(ids).filter(id -> id == 1).count());
            }
            tokens += batch.tokens().ids().length;
            padding += Arrays.stream(batch.tokens().padding()).sum();
        }
        assertTrue(padding < 0.25 * tokens, padding + " of " + tokens);
    }

    @Test void theDrawAloneDecides() {
        Documents documents = documents(Map.of());
        drawn(documents, 1);
        assertEquals(drawn(documents(Map.of()), 5).tokens(), drawn(documents, 5).tokens());
    }

    @Test void anAnswerCountsForMoreThanTheWordsAroundIt() {
        Documents documents = only(Kind.IOI);
        for (Drawn drawn : documents.documents(Optional.of(Kind.IOI), Split.TRAIN, 100, 3)) {
            if (!(drawn.document() instanceof Document.Question question)) continue;
            Documents.Row row = documents.row(drawn);
            for (int i = 0; i + 1 < row.ids().length; i++) {
                boolean answers = row.weights()[i] == 10;
                assertEquals(i == TOKENIZER.encode(question.prompt()).length, answers, question.text());
                if (answers) assertEquals(question.answer().strip(), TOKENIZER.decode(row.ids()[i + 1]).strip());
                else assertEquals(1, row.weights()[i]);
            }
        }
    }

    @Test void ofRandomTokensOnlyTheRepetitionCountsInFull() {
        Documents documents = only(Kind.REPEATS);
        for (Drawn drawn : documents.documents(Optional.of(Kind.REPEATS), Split.TRAIN, 20, 3)) {
            float[] weights = documents.row(drawn).weights();
            int free = ((Document.Tokens) drawn.document()).free();
            for (int i = 0; i < weights.length; i++) assertEquals(i < free ? 0.25 : 1, weights[i]);
        }
    }

    @Test void everyRecalledPairIsAskedFor() {
        Documents documents = only(Kind.RECALL);
        Documents.Row row = documents.row(documents.documents(Optional.of(Kind.RECALL), Split.TRAIN, 1, 3).getFirst());
        float[] half = Arrays.copyOfRange(row.weights(), row.weights().length / 2 + 1, row.weights().length - 1);
        for (float weight : half) assertTrue(weight == 5 || weight == 10, Arrays.toString(half));
    }

    @Test void aShareOfNoneLeavesAKindOut() {
        assertTrue(documents(Map.of(Kind.STORIES, 0)).documents(Optional.empty(), Split.TRAIN, 500, 1).stream()
                .noneMatch(drawn -> drawn.kind() == Kind.STORIES));
        String message = assertThrows(UsageException.class, () -> documents(Map.of(Kind.STORIES, -1))).getMessage();
        assertTrue(message.contains("must be at least 0"), message);
    }

    @Test void aDocumentIsWhatTheCorpusWrites() {
        Corpus corpus = new Corpus(8, Split.HELDOUT, TOKENIZER.size());
        Drawn drawn = documents(Map.of()).documents(Optional.of(Kind.CHATS), Split.HELDOUT, 3, 8).get(2);
        assertEquals(corpus.document(Kind.CHATS, 2), drawn.document());
        String text = ((Document.Question) drawn.document()).text();
        int[] ids = documents(Map.of()).row(drawn).ids();
        assertArrayEquals(TOKENIZER.encode(text), Arrays.copyOfRange(ids, 1, ids.length));
    }
}
