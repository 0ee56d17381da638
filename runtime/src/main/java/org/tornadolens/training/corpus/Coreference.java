package org.tornadolens.training.corpus;

import static org.tornadolens.training.corpus.Template.fill;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes sentences in which a pronoun refers to an earlier word, and the continuation depends on its referent. The
 * wrong answer is the continuation for the other candidate.
 */
final class Coreference implements Writer {
    private enum Word { WHICH, IT, WHO, WHOSE, PRONOUN, FIT }

    /** Two coloured things {o1} and {o2}; one of them, {o}, is mentioned again. */
    private static final List<String> THINGS = List.of(
            "The {c1} {o1} and the {c2} {o2} were in the {place}.", "A {c1} {o1} stood next to a {c2} {o2}.",
            "There was a {c1} {o1} and a {c2} {o2} on the table.",
            "There was a {o1} that was {c1} and a {o2} that was {c2}.",
            "{B} bought a {c1} {o1} and a {c2} {o2} at the {place}.",
            "The {o1} was {c1} and the {o2} was {c2}.", "{B} had a {c1} {o1}. {C} had a {c2} {o2}.",
            "In the {place} lay a {c1} {o1}, a {c2} {o2} and a {q} {other}.");
    private static final List<String> WHICH = List.of(
            "{A} took the {o}, which was", "{A} looked at the {o}, which was", "{A} wanted the {o}, which was",
            "{A} asked for the {o}, which was", "{A} carried the {o}, which was", "Then {A} found the {o}, which was");
    private static final List<String> IT = List.of(
            "{A} took the {o} because it was", "{A} liked the {o} since it was", "{A} picked up the {o}. It was",
            "{A} wanted to see the {o}. It was",
            "{A} bought the {o} as it was", "{A} pointed at the {o} and said that it was");
    /** {n1} is a {j1}, {n2} a {j2}. */
    private static final List<String> JOBS = List.of(
            "{n1} is a {j1} and {n2} is a {j2}.", "{n1} works as a {j1}. {n2} works as a {j2}.",
            "The {j1} is called {n1} and the {j2} is called {n2}.",
            "{n1} became a {j1}, but {n2} became a {j2}.", "In the {place} there were {n1}, a {j1}, and {n2}, a {j2}.");
    private static final List<String> WHO = List.of(
            "{A} met {n}, who was a", "{A} called {n}, who worked as a", "On {day} {A} visited {n}, who is a",
            "{A} talked to {n}, who lived as a", "{A} waited for {n}, who was a");
    private static final List<String> PETS = List.of(
            "{n1} had a {j1} and {n2} had a {j2}.", "The {j1} belongs to {n1} and the {j2} belongs to {n2}.",
            "{n1} owns a {j1}. {n2} owns a {j2}.",
            "{n1} came with a {j1} and {n2} came with a {j2}.", "{n1} loves the {j1}, but {n2} loves the {j2}.");
    private static final List<String> WHOSE = List.of(
            "{A} met {n}, whose pet was a", "{A} visited {n}, whose animal was a",
            "{A} talked to {n}, whose best friend was a", "{A} helped {n}, whose pet is a");
    /** A woman and a man, {n1} and {n2}; {she} is the pronoun of {n}. */
    private static final List<String> PAIRS = List.of(
            "{n1} met {n2} in the {place}.", "{n1} and {n2} were in the {place}.",
            "{n1} walked with {n2} to the {place}.", "{n1} called {n2} on {day}.",
            "In the {place}, {n1} sat next to {n2}.", "{n1} saw {n2} at the {place}.");
    private static final List<String> PRONOUNS = List.of(
            "{She} was {f}, so {A} gave some {food} to", "{She} was {f}. Everyone in the {place} looked at",
            "{She} looked {f}, and {A} said hello to",
            "Because {she} was {f}, {A} told a story to", "{She} had a {other}. The {other} belonged to",
            "{She} was {f}. The {f} one was", "{She} felt {f}, and so {A} sat down next to");
    private static final List<String> FIT = List.of(
            "The {o1} did not fit in the {o2} because it was too {size}. The {size} one was the",
            "{A} could not put the {o1} in the {o2} because it was too {size}. "
                    + "The {size} thing was the",
            "The {o1} would not go in the {o2}, as it was too {size}. What was too {size} was the");
    private static final List<String> ENDINGS = List.of(".", ".", ".", ", and {A} was {f}.", ". {A} went home.");

    @Override public Document write(Draw draw, Split split) {
        return split.firstOwned(() -> {
            var words = passing(draw);
            return question(draw, words, draw.chance(0.5));
        }, Document.Question::prompt);
    }

    /**
     * Writes a question.
     *
     * @param first whether the first candidate is the referent; everything else depends on {@code draw} and
     *              {@code words} only
     */
    static Document.Question question(Draw draw, Map<String, String> words, boolean first) {
        return switch (draw.from(List.of(Word.values()))) {
            case WHICH -> about(draw, words, "which", first, THINGS, WHICH);
            case IT -> about(draw, words, "it", first, THINGS, IT);
            case WHO -> person(draw, words, "who", first, Lexicon.JOBS, JOBS, WHO);
            case WHOSE -> person(draw, words, "whose", first, Lexicon.ANIMALS, PETS, WHOSE);
            case PRONOUN -> pronoun(draw, words, first);
            case FIT -> fit(draw, words, first);
        };
    }

    /** Draws words for the slots that do not affect the answer. */
    static Map<String, String> passing(Draw draw) {
        var people = draw.some(3, Names.ALL);
        var words = new HashMap<String, String>();
        words.put("A", people.get(0));
        words.put("B", people.get(1));
        words.put("C", people.get(2));
        words.put("place", draw.from(Lexicon.PLACES));
        words.put("other", draw.from(Lexicon.THINGS));
        words.put("day", draw.from(Lexicon.TIMES));
        words.put("food", draw.from(Lexicon.FOODS));
        words.put("q", draw.from(Lexicon.QUALITIES));
        words.put("f", draw.from(Lexicon.FEELINGS));
        return words;
    }

    private static Document.Question about(Draw draw, Map<String, String> words, String topic, boolean first,
            List<String> scenes, List<String> questions) {
        var things = draw.some(2, Lexicon.SMALL_THINGS);
        var properties = draw.some(2, draw.chance(0.7) ? Lexicon.COLOURS : Lexicon.QUALITIES);
        words.put("o1", things.get(0));
        words.put("o2", things.get(1));
        words.put("c1", properties.get(0));
        words.put("c2", properties.get(1));
        words.put("o", things.get(first ? 0 : 1));
        return asked(draw, words, topic, draw.from(scenes) + " " + draw.from(questions), first, properties);
    }

    private static Document.Question person(Draw draw, Map<String, String> words, String topic, boolean first,
            List<String> properties, List<String> scenes, List<String> questions) {
        var people = draw.some(2, Names.ALL.stream().filter(name -> !words.containsValue(name)).toList());
        var chosen = draw.some(2, properties);
        words.put("n1", people.get(0));
        words.put("n2", people.get(1));
        words.put("j1", chosen.get(0));
        words.put("j2", chosen.get(1));
        words.put("n", people.get(first ? 0 : 1));
        return asked(draw, words, topic, draw.from(scenes) + " " + draw.from(questions), first, chosen);
    }

    private static Document.Question pronoun(Draw draw, Map<String, String> words, boolean first) {
        String woman = draw.from(Names.WOMEN.stream().filter(name -> !words.containsValue(name)).toList());
        String man = draw.from(Names.MEN.stream().filter(name -> !words.containsValue(name)).toList());
        var people = draw.chance(0.5) ? List.of(woman, man) : List.of(man, woman);
        words.put("n1", people.get(0));
        words.put("n2", people.get(1));
        String pronoun = Names.pronoun(people.get(first ? 0 : 1));
        words.put("she", pronoun);
        words.put("She", Template.capital(pronoun));
        return asked(draw, words, pronoun, draw.from(PAIRS) + " " + draw.from(PRONOUNS), first, people);
    }

    /** Writes a schema after Winograd (1972): the inner thing is too big, or the outer thing is too small. */
    private static Document.Question fit(Draw draw, Map<String, String> words, boolean first) {
        var things = draw.some(2, Lexicon.SMALL_THINGS);
        words.put("o1", things.get(0));
        words.put("o2", things.get(1));
        words.put("size", draw.from(first ? List.of("big", "long", "thick") : List.of("small", "short", "thin")));
        return asked(draw, words, "fit", draw.from(FIT), first, things);
    }

    private static Document.Question asked(Draw draw, Map<String, String> words, String topic, String prompt,
            boolean first, List<String> answers) {
        return new Document.Question(topic, fill(prompt, words), " " + answers.get(first ? 0 : 1),
                List.of(" " + answers.get(first ? 1 : 0)), fill(draw.from(ENDINGS), words));
    }
}
