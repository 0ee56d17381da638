package org.tornadolens.training.corpus;

import static org.tornadolens.training.corpus.Template.fill;

import java.util.List;
import java.util.Map;

/**
 * Writes sentences for indirect object identification (Wang et al. 2022): of two people, one is named again as the
 * giver, and the other follows "to". Training and held-out sentences use different names.
 */
final class IndirectObjects implements Writer {
    private static final List<String> OPENINGS = List.of(
            "When {A} and {B} went to the {place},", "After {A} and {B} went to the {place},",
            "While {A} and {B} were at the {place},",
            "Then, {A} and {B} went to the {place}.", "Then, {A} and {B} had a long day at the {place}. Afterwards",
            "Once {A} and {B} got to the {place},",
            "Friends {A} and {B} found a {thing} at the {place}.", "{A} met {B} at the {place}. Then",
            "The {place} was full when {A} and {B} came in. Later",
            "{A} worked with {B} at the {place}. After the work,", "As {A} and {B} left the {place},",
            "Last {day} {A} took {B} to the {place}, and there",
            "{A} and {B} were sitting in the {place} and talking. Suddenly",
            "On {day} {A} and {B} walked to the {place}. There",
            "Because {A} and {B} had time, they visited the {place}.", "{A} sat next to {B} at the {place}, and",
            "At the {place}, {A} saw {B}. Soon");
    private static final List<String> BETWEEN = List.of(
            " The {place} was very {quality}.", " It was a {quality} day.", " There was a {quality} {other}.",
            " Nobody else was there.");
    private static final List<String> ACTS = List.of(
            "gave a {thing} to", "gave the {thing} to", "handed a {thing} to", "handed the {thing} to",
            "passed the {thing} to", "offered a {thing} to",
            "decided to give a {thing} to", "wanted to give the {thing} to", "sold the {thing} to", "sent a {thing} to",
            "showed the {thing} to",
            "brought a {thing} to", "threw the {thing} to", "said hello to", "told a story to", "sang a song to",
            "wrote a letter to", "gave a drink to", "gave some {food} to", "brought the {food} to");
    private static final List<String> ENDINGS = List.of(
            ".", ".", " and smiled.", ". {IO} thanked {S}.", ". Then {S} went home.", ", who was very happy.",
            ". {IO} was {feeling}.", " at the {place}.", ". {S} was {feeling}.");
    /** Probability that a third person is the giver, so that neither of the two is certain to be the answer. */
    private static final double THIRD_PERSON = 0.08;

    @Override public Document write(Draw draw, Split split) {
        var people = draw.some(3, split == Split.TRAIN ? Names.IN_IOI : Names.HELD_OUT_OF_IOI);
        boolean thirdPerson = split == Split.TRAIN && draw.chance(THIRD_PERSON);
        boolean subjectFirst = draw.chance(0.5);
        String a = people.get(0), b = people.get(1);
        String giver = thirdPerson ? people.get(2) : subjectFirst ? a : b;
        String receiver = subjectFirst ? b : a;
        var words = Map.ofEntries(Map.entry("A", a), Map.entry("B", b), Map.entry("S", giver),
                Map.entry("IO", receiver),
                Map.entry("place", draw.from(Lexicon.PLACES)), Map.entry("thing", draw.from(Lexicon.SMALL_THINGS)),
                Map.entry("other", draw.from(Lexicon.THINGS)),
                Map.entry("food", draw.from(Lexicon.FOODS)), Map.entry("day", draw.from(Lexicon.TIMES)),
                Map.entry("quality", draw.from(Lexicon.QUALITIES)), Map.entry("feeling", draw.from(Lexicon.FEELINGS)));
        String opening = draw.from(OPENINGS);
        if (opening.endsWith(".") && draw.chance(0.3)) opening += draw.from(BETWEEN);
        String prompt = fill(opening + " {S} " + draw.from(ACTS), words);
        if (thirdPerson)
            return new Document.Prose(prompt + fill(subjectFirst ? " {A} and {B}." : " {B} and {A}.", words));
        return new Document.Question(subjectFirst ? "abab" : "abba", prompt, " " + receiver, List.of(" " + giver),
                fill(draw.from(ENDINGS), words));
    }
}
