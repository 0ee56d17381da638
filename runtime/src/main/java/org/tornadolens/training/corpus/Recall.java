package org.tornadolens.training.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

/** Writes pairs of keys and values, then all pairs again in another order. */
final class Recall implements Writer {
    /**
     * The form of a text: its keys and values, the wording of a pair, in which the value is last, and the separator.
     */
    private record Form(String topic, List<String> keys, List<String> values, BinaryOperator<String> told,
            String separator) {}

    private static final List<Form> FORMS = List.of(
            new Form("list", Lexicon.SMALL_THINGS, Lexicon.ANIMALS, (key, value) -> key + " = " + value, " ; "),
            new Form("list", Lexicon.PLACES, Lexicon.THINGS, (key, value) -> key + " : " + value, " , "),
            new Form("list", Lexicon.THINGS, Lexicon.THINGS, (key, value) -> key + " = " + value, " ; "),
            new Form("password", Names.ALL, Lexicon.SMALL_THINGS,
                    (key, value) -> "The password of " + key + " is " + value + ".", " "),
            new Form("home", Names.ALL, Lexicon.PLACES, (key, value) -> key + " lives in the " + value + ".", " "),
            new Form("likes", Names.ALL, Lexicon.FOODS, (key, value) -> key + " likes " + value + ".", " "),
            new Form("place", Lexicon.SMALL_THINGS, Lexicon.PLACES,
                    (key, value) -> "The " + key + " is in the " + value + ".", " "),
            new Form("color", Lexicon.ANIMALS, Lexicon.COLOURS, (key, value) -> "The " + key + " is " + value + ".",
                    " "));

    @Override public Document write(Draw draw, Split split) {
        return split.firstOwned(() -> question(draw), Document.Question::prompt);
    }

    private static Document.Question question(Draw draw) {
        var form = draw.from(FORMS);
        int pairs = draw.between(2, 7);
        var keys = draw.some(pairs, form.keys);
        var values = draw.some(pairs, form.values.stream().filter(value -> !keys.contains(value)).toList());
        var told = new ArrayList<String>();
        for (int i = 0; i < pairs; i++) told.add(form.told.apply(keys.get(i), values.get(i)));
        var again = draw.shuffled(told);
        String last = again.getLast();
        int asked = told.indexOf(last);
        String answer = " " + values.get(asked);
        int answerAt = last.lastIndexOf(answer);

        var sentences = new ArrayList<>(told);
        sentences.addAll(again.subList(0, pairs - 1));
        sentences.add(last.substring(0, answerAt));
        var wrong = values.stream().map(value -> " " + value).filter(value -> !value.equals(answer)).toList();
        return new Document.Question(form.topic, String.join(form.separator, sentences), answer, wrong,
                last.substring(answerAt + answer.length()));
    }
}
