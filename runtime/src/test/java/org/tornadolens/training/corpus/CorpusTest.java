package org.tornadolens.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CorpusTest {
    private static final int MANY = 2000;

    static Stream<Document> documents(Kind kind, Split split, int count) {
        var corpus = new Corpus(3, split, Corpus.BUNDLED_VOCABULARY);
        return IntStream.range(0, count).mapToObj(i -> corpus.document(kind, i));
    }

    static Stream<Document.Question> questions(Kind kind, Split split) {
        return documents(kind, split, MANY).filter(Document.Question.class::isInstance)
                .map(Document.Question.class::cast);
    }

    private static String printed(String... args) throws IOException {
        var out = new StringBuilder();
        Corpus.print(List.of(args), out);
        return out.toString();
    }

    @Test void aSeedFixesEveryCharacter() throws IOException {
        assertEquals(printed("--seed", "5", "--documents", "300"), printed("--seed", "5", "--documents", "300"));
        assertNotEquals(printed("--seed", "5", "--documents", "300"), printed("--seed", "6", "--documents", "300"));
    }

    @ParameterizedTest
    @EnumSource(Kind.class) void noHeldOutDocumentIsATrainingDocument(Kind kind) {
        Set<Document> training = documents(kind, Split.TRAIN, MANY).collect(Collectors.toSet());
        assertTrue(documents(kind, Split.HELDOUT, MANY).noneMatch(training::contains));
    }

    @Test void theMixtureHasEveryKindByItsShare() {
        var corpus = new Corpus(1, Split.TRAIN, Corpus.BUNDLED_VOCABULARY);
        var counts = IntStream.range(0, 20_000).mapToObj(corpus::kind)
                .collect(Collectors.groupingBy(kind -> kind, Collectors.counting()));
        double shares = Stream.of(Kind.values()).mapToInt(Kind::share).sum();
        for (var kind : Kind.values())
            assertEquals(kind.share() / shares, counts.get(kind) / 20_000.0, 0.01, kind.label());
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"REPEATS",
            "BRACKETS"}, mode = EnumSource.Mode.EXCLUDE) void everySlotOfEveryTemplateIsFilled(Kind kind) {
        documents(kind, Split.TRAIN, MANY).map(CorpusTest::text).forEach(text -> assertFalse(
                text.contains("{") || text.contains("}") || text.contains("  ") || text.isBlank(), text));
    }

    private static String text(Document document) {
        return switch (document) {
            case Document.Prose prose -> prose.text();
            case Document.Question question -> question.text();
            case Document.Tokens tokens -> tokens.ids().toString();
        };
    }

    @ParameterizedTest
    @EnumSource(Kind.class) void aPrintedQuestionIsAskedBeforeItIsAnswered(Kind kind) throws IOException {
        for (String line : printed("--kind", kind.label(), "--split", "heldout", "--documents", "200").split("\n")) {
            JsonObject json = JsonParser.parseString(line).getAsJsonObject();
            assertEquals(kind.label(), json.get("kind").getAsString());
            if (!json.has("prompt")) continue;
            assertTrue(json.get("text").getAsString()
                    .startsWith(json.get("prompt").getAsString() + json.get("answer").getAsString()), line);
            assertTrue(json.get("answer").getAsString().startsWith(" "), line);
            assertFalse(json.getAsJsonArray("wrong").contains(json.get("answer")), line);
        }
    }

    @Test void randomTokensRepeatAndStayInsideTheVocabulary() {
        documents(Kind.REPEATS, Split.TRAIN, MANY).map(Document.Tokens.class::cast).forEach(tokens -> {
            var ids = tokens.ids();
            assertTrue(ids.stream().allMatch(id -> id >= 3 && id < Corpus.BUNDLED_VOCABULARY));
            assertTrue(ids.size() >= 2 * tokens.free());
            for (int i = tokens.free(); i < ids.size(); i++) assertEquals(ids.get(i - tokens.free()), ids.get(i));
        });
    }

    @Test void randomTokensReachTheWholeVocabulary() {
        var seen = new HashSet<Integer>();
        documents(Kind.REPEATS, Split.TRAIN, MANY).map(Document.Tokens.class::cast)
                .forEach(tokens -> seen.addAll(tokens.ids()));
        assertEquals(Corpus.BUNDLED_VOCABULARY - 3, seen.size());
    }

    @Test void storiesHardlyEverShareASentence() {
        var sentences = documents(Kind.STORIES, Split.TRAIN, 500)
                .flatMap(story -> Stream.of(text(story).split("(?<=[.?]\"?) "))).toList();
        assertTrue(new HashSet<>(sentences).size() > 0.6 * sentences.size(),
                "of " + sentences.size() + " only " + new HashSet<>(sentences).size());
    }

    @Test void anUnknownKindIsAnsweredWithTheKindsThereAre() {
        var error = assertThrows(IllegalArgumentException.class, () -> printed("--kind", "poems"));
        assertTrue(error.getMessage().contains("poems") && error.getMessage().contains("stories"), error.getMessage());
    }

    @Test void anUnknownOptionIsAnsweredWithTheUsage() {
        var error = assertThrows(IllegalArgumentException.class, () -> printed("--kinds", "ioi"));
        assertTrue(error.getMessage().contains("--kinds") && error.getMessage().contains("--split"),
                error.getMessage());
    }
}
