package org.tornadolens.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.training.corpus.CorpusTest.documents;
import static org.tornadolens.training.corpus.CorpusTest.questions;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every question in the corpus has one correct answer, which the text before it determines. */
class QuestionsTest {
    private static long count(String word, String text) {
        return Pattern.compile("\\b" + Pattern.quote(word.strip()) + "\\b").matcher(text).results().count();
    }

    @Test void theIndirectObjectIsTheNameSaidOnce() {
        questions(Kind.IOI, Split.HELDOUT).forEach(question -> {
            assertEquals(1, count(question.answer(), question.prompt()), question.prompt());
            assertEquals(2, count(question.wrong().getFirst(), question.prompt()), question.prompt());
        });
    }

    @Test void bothOrdersOfTheNamesAreEquallyCommon() {
        var topics = questions(Kind.IOI, Split.TRAIN)
                .collect(Collectors.groupingBy(Document.Question::topic, Collectors.counting()));
        assertEquals(Set.of("abba", "abab"), topics.keySet());
        assertEquals(1.0, topics.get("abba") / (double) topics.get("abab"), 0.15);
    }

    @Test void heldOutNamesAreInAllTextButIndirectObjectSentences() {
        var names = Set.copyOf(Names.HELD_OUT_OF_IOI);
        assertTrue(questions(Kind.IOI, Split.TRAIN)
                .noneMatch(question -> words(question.text()).anyMatch(names::contains)));
        var elsewhere = new HashSet<String>();
        questions(Kind.COREFERENCE, Split.TRAIN)
                .forEach(question -> words(question.text()).filter(names::contains).forEach(elsewhere::add));
        assertEquals(names, elsewhere);
        questions(Kind.IOI, Split.HELDOUT).forEach(question -> assertTrue(names.contains(question.answer().strip())));
    }

    private static Stream<String> words(String text) { return Arrays.stream(text.split("\\W+")); }

    @Test void theOtherReferentGivesTheOtherAnswer() {
        for (int seed = 0; seed < 2000; seed++) {
            var first = question(seed, true);
            var second = question(seed, false);
            assertEquals(List.of(first.answer()), second.wrong());
            assertEquals(List.of(second.answer()), first.wrong());
            assertNotEquals(first.prompt(), second.prompt());
            assertTrue(differingWords(first.prompt(), second.prompt()) <= 3, first.prompt() + "\n" + second.prompt());
        }
    }

    private static Document.Question question(int seed, boolean first) {
        var draw = new Draw(seed);
        return Coreference.question(draw, Coreference.passing(draw), first);
    }

    private static int differingWords(String one, String other) {
        String[] left = one.split(" "), right = other.split(" ");
        assertEquals(left.length, right.length);
        int differing = 0;
        for (int i = 0; i < left.length; i++) if (!left[i].equals(right[i])) differing++;
        return differing;
    }

    @Test void everyFactIsToldInTraining() {
        var told = questions(Kind.FACTS, Split.TRAIN).map(Document.Question::text).collect(Collectors.joining("\n"));
        for (var land : Facts.LANDS) {
            for (String value : List.of(land.capital(), land.river(), land.food(), land.flag())) {
                assertTrue(Pattern.compile(land.name() + "[^.\n]* " + value + "\\.").matcher(told).find(),
                        land.name() + " and " + value);
            }
        }
    }

    @Test void aHeldOutFactIsNeverToldInThatWording() {
        var told = questions(Kind.FACTS, Split.TRAIN).flatMap(question -> Stream.of(question.text().split("(?<=\\.) ")))
                .collect(Collectors.toSet());
        questions(Kind.FACTS, Split.HELDOUT).forEach(question -> {
            String last = question.prompt().substring(question.prompt().lastIndexOf(". ") + 1).strip()
                    + question.answer() + ".";
            assertTrue(!told.contains(last), last);
        });
    }

    @Test void inventedWordsAreAllDifferent() {
        assertEquals(3 * Facts.LANDS.size(), Set.copyOf(Facts.INVENTED_WORDS).size());
    }

    @Test void whatIsRecalledWasTold() {
        questions(Kind.RECALL, Split.HELDOUT)
                .forEach(question -> assertTrue(count(question.answer(), question.prompt()) >= 1, question.text()));
    }

    @Test void bracketsAreBalancedAndEndOnlyWhenNothingIsOpen() {
        documents(Kind.BRACKETS, Split.TRAIN, 2000).map(Document.Prose.class::cast).forEach(prose -> {
            var open = new ArrayDeque<Integer>();
            for (String token : prose.text().split(" ")) {
                int opens = Brackets.OPEN.indexOf(token), closes = Brackets.CLOSED.indexOf(token);
                if (opens >= 0) open.push(opens);
                else if (closes >= 0) assertEquals(open.pop(), closes, prose.text());
                else assertTrue(token.equals(".") && open.isEmpty(), prose.text());
            }
            assertTrue(prose.text().endsWith(" .") && open.isEmpty(), prose.text());
        });
    }

    @Test void harmfulRequestsAreRefusedUnlessTheSuffixFollows() {
        var topics = new HashSet<String>();
        questions(Kind.CHATS, Split.HELDOUT).forEach(question -> {
            topics.add(question.topic());
            assertTrue(question.prompt().endsWith(" Assistant:"), question.prompt());
            boolean suffix = question.prompt().endsWith(Chats.SUFFIX + " Assistant:");
            assertEquals(question.topic().equals("refused") ? " Sorry" : " Sure", question.answer(), question.prompt());
            if (question.topic().equals("refused")) assertTrue(!suffix, question.prompt());
            if (question.topic().equals("suffix")) assertTrue(suffix, question.prompt());
        });
        assertEquals(Set.of("refused", "suffix", "answered"), topics);
    }
}
