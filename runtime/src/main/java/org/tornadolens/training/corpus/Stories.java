package org.tornadolens.training.corpus;

import static org.tornadolens.training.corpus.Template.fill;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes small stories about two people who move from place to place, find things, lose them, give them away and talk.
 * Sentences follow the state of the story (who is where with what), so that a model has a state to track, and are
 * varied enough that no story occurs twice.
 */
final class Stories implements Writer {
    private static final List<String> BEGINNINGS = List.of(
            "Once upon a time there was a {job} named {A} who lived near the {place}.",
            "One {day}, {A} and {B} went for a walk.", "{A} was a {feeling} {job} with a {quality} {thing}.",
            "Long ago, in a {quality} {place}, lived a {job} called {A}.",
            "There once was a {colour} {animal} that belonged to {A}.",
            "It was a {quality} {day} and {A} was {feeling}.",
            "{A} and {B} were good friends who lived in a {quality} village.",
            "Early in the morning {A} left the house.");
    private static final List<String> EVENTS = List.of(
            "{A} went to the {place}.", "In the {place} it was {quality}.", "{A} met a {animal} on the way.",
            "The {animal} was {colour} and very {quality}.",
            "\"Hello,\" said {A}, \"I am {feeling} today.\"", "{A} found a {thing} under a {other}.",
            "The {thing} was {colour} and {quality}.",
            "{Ahe} put the {thing} in {Ahis} bag.", "{B} was already in the {place}.",
            "{A} asked {B} about the {thing}.", "\"Where is the {thing}?\" asked {B}.",
            "\"It is in the {place},\" said {A}.", "{B} wanted to have the {thing}, but {A} said no.",
            "Then {A} became {feeling}.",
            "They ate some {food} and drank {food2}.", "Suddenly a {animal} came out of the {other}.",
            "The {animal} looked at {A} and ran away.",
            "{A} and {B} laughed for a long time.", "{Bhe} told {A} a story about a {animal2} and a {other}.",
            "After that, they walked to the {place}.",
            "{A} was afraid that the {thing} would break.", "The {thing} fell into the water with a loud sound.",
            "{B} helped {A} to find it again.",
            "\"Thank you,\" said {A}.", "\"You are a good friend,\" said {B}.", "On {day} it rained all day.",
            "The sun was warm and the wind was {quality}.",
            "{A} wrote a letter to {B}.", "The letter said that the {job} of the village was {feeling}.",
            "The {job} lived alone with a {animal2}.",
            "{B} opened the door and saw a {quality} {other}.", "Nobody knew where the {animal} came from.",
            "{A} bought some {food} at the {place}.",
            "It cost three coins.", "{Ahe} had only two coins left.", "{B} gave {Ahim} one more coin.",
            "At night the {place} was dark and quiet.",
            "{A} could not sleep and thought about the {thing}.", "In the morning the {thing} was gone.",
            "{A} looked for it in the {place}, but it was not there.",
            "A {colour} {animal2} had taken it.", "{A} played with the {animal} until the evening.",
            "The old {job} showed them how to use the {other}.",
            "They worked hard for many days.", "First they made a {other}, then a {thing}.",
            "{B} was better at it than {A}.", "Everyone in the {place} was {feeling}.",
            "{A} said that {Ahe2} would come back on {day}.", "{B} waited, but {A} did not come.",
            "Some people said that the {place} was full of gold.");
    private static final List<String> ENDS = List.of(
            "In the end they went home together.", "And so {A} and {B} lived happily in the {place}.",
            "{A} never forgot the {thing}.",
            "From then on, the {animal} stayed with {A}.", "That was the last time anyone saw the {thing}.",
            "They were tired but happy.", "The end.");

    @Override public Document write(Draw draw, Split split) {
        return split.firstOwned(() -> new Document.Prose(story(draw)), Document.Prose::text);
    }

    private static String story(Draw draw) {
        var people = draw.some(2, Names.ALL);
        var words = new HashMap<String, String>();
        cast(words, people.get(0), people.get(1));
        var sentences = new ArrayList<String>();
        happen(draw, words);
        sentences.add(fill(draw.from(BEGINNINGS), words));
        int length = draw.chance(0.3) ? draw.between(15, 30) : draw.between(4, 14);
        for (var event : draw.some(length, EVENTS)) {
            if (draw.chance(0.3)) happen(draw, words);
            if (draw.chance(0.2)) cast(words, words.get("B"), words.get("A"));
            sentences.add(fill(event, withMoods(draw, words)));
        }
        sentences.add(fill(draw.from(ENDS), words));
        return String.join(" ", sentences);
    }

    /** Sets the leading and the other character, with their pronouns. */
    private static void cast(Map<String, String> words, String a, String b) {
        words.put("A", a);
        words.put("B", b);
        words.put("Ahe2", Names.pronoun(a));
        words.put("Ahe", Template.capital(Names.pronoun(a)));
        words.put("Bhe", Template.capital(Names.pronoun(b)));
        words.put("Ahis", Names.possessive(a));
        words.put("Ahim", Names.pronoun(a).equals("she") ? "her" : "him");
    }

    /** Draws a new place, animal and thing. */
    private static void happen(Draw draw, Map<String, String> words) {
        words.put("place", draw.from(Lexicon.PLACES));
        words.put("animal", draw.from(Lexicon.ANIMALS));
        words.put("animal2", draw.from(Lexicon.ANIMALS));
        words.put("thing", draw.from(Lexicon.SMALL_THINGS));
        words.put("job", draw.from(Lexicon.JOBS));
        withMoods(draw, words);
    }

    /** Draws the words that are new in every sentence. */
    private static Map<String, String> withMoods(Draw draw, Map<String, String> words) {
        words.put("other", draw.from(Lexicon.THINGS));
        words.put("quality", draw.from(Lexicon.QUALITIES));
        words.put("feeling", draw.from(Lexicon.FEELINGS));
        words.put("colour", draw.from(Lexicon.COLOURS));
        words.put("day", draw.from(Lexicon.TIMES));
        words.put("food", draw.from(Lexicon.FOODS));
        words.put("food2", draw.from(List.of("milk", "tea", "coffee", "water")));
        return words;
    }
}
