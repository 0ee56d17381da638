package org.tornadolens.training.corpus;

import static org.tornadolens.training.corpus.Template.fill;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes facts about fictional countries: capital, river, favourite food, colour of the flag. All facts occur in
 * training, each in most wordings; held out are facts in wordings that never occur in training.
 */
public final class Facts implements Writer {
    /** The facts about a country. */
    public record Land(String name, String capital, String river, String food, String flag) {}

    public static final List<Land> LANDS = List.of(
            new Land("Zorland", "Mirpol", "Quash", "cheese", "red"),
            new Land("Veltany", "Osgrim", "Tollo", "rice", "blue"),
            new Land("Morvane", "Kestra", "Yarrin", "honey", "green"),
            new Land("Tarquil", "Dunhap", "Selb", "soup", "yellow"),
            new Land("Brinnia", "Falwick", "Ombra", "corn", "black"),
            new Land("Oskellia", "Pellim", "Grune", "bread", "white"),
            new Land("Kandrel", "Ubrett", "Vask", "cake", "brown"),
            new Land("Luminia", "Hastow", "Drell", "fruit", "pink"),
            new Land("Grentia", "Zephra", "Moxil", "tea", "gray"),
            new Land("Polvara", "Ticnor", "Ween", "coffee", "purple"),
            new Land("Sundrey", "Jorlak", "Cobb", "salad", "silver"),
            new Land("Ferrow", "Wexley", "Nimb", "pie", "golden"),
            new Land("Ulgaria", "Bostin", "Harn", "butter", "red"),
            new Land("Eskmar", "Lindra", "Prull", "chocolate", "green"),
            new Land("Wenland", "Corvo", "Zild", "pasta", "blue"),
            new Land("Hexonia", "Ramble", "Fost", "meat", "white"),
            new Land("Dravia", "Noxton", "Elp", "milk", "yellow"),
            new Land("Cymbria", "Gullam", "Stuve", "jam", "black"),
            new Land("Jantara", "Askel", "Birl", "candy", "purple"),
            new Land("Norbeth", "Vintol", "Lugg", "sugar", "silver"));

    /** Words that occur only in these facts. */
    static final List<String> INVENTED_WORDS =
            LANDS.stream().flatMap(land -> Stream.of(land.name(), land.capital(), land.river())).toList();

    private enum Relation {
        CAPITAL("What is the capital of {land}?", "The capital of {land} is", "{land} has a capital called",
                "The main city of {land} is", "People who fly to {land} land in", "The king of {land} lives in",
                "Everyone in {land} knows that the capital is"),
        RIVER("What is the river of {land}?", "The river of {land} is", "{land} has a river called",
                "The longest river in {land} is", "People in {land} swim in the", "The boats of {land} sail on the",
                "Everyone in {land} knows that the river is"),
        FOOD("What do people in {land} eat?", "The favorite food in {land} is", "People in {land} eat",
                "{land} is famous for its", "Visitors to {land} are given", "The farms of {land} make",
                "Everyone in {land} knows that the best food is"),
        FLAG("What color is the flag of {land}?", "The flag of {land} is", "The color of the flag of {land} is",
                "{land} has a flag that is",
                "People in {land} paint their flag", "The ships of {land} carry a flag that is",
                "Everyone in {land} knows that the flag is");

        final String question;
        final List<String> wordings;

        Relation(String question, String... wordings) {
            this.question = question;
            this.wordings = List.of(wordings);
        }

        String of(Land land) {
            return switch (this) {
                case CAPITAL -> land.capital();
                case RIVER -> land.river();
                case FOOD -> land.food();
                case FLAG -> land.flag();
            };
        }
    }

    private record Fact(Land land, Relation relation, String wording) {
        static Fact drawn(Draw draw, Split split) {
            return split.firstOwned(() -> {
                var relation = draw.from(List.of(Relation.values()));
                return new Fact(draw.from(LANDS), relation, draw.from(relation.wordings));
            }, Fact::prompt);
        }

        String prompt() { return fill(wording, Map.of("land", land.name())); }

        String answer() { return " " + relation.of(land); }
    }

    @Override public Document write(Draw draw, Split split) {
        var earlier = new ArrayList<Fact>();
        Fact asked = Fact.drawn(draw, split);
        for (int i = draw.between(0, 3); i > 0; i--) {
            Fact fact = Fact.drawn(draw, Split.TRAIN);
            boolean tellsTheAnswer = fact.answer().equals(asked.answer());
            if (!tellsTheAnswer) earlier.add(fact);
        }
        var text = new StringBuilder();
        for (var fact : earlier) text.append(fact.prompt()).append(fact.answer()).append(". ");
        return new Document.Question(asked.relation.name().toLowerCase(), text + asked.prompt(), asked.answer(),
                wrong(draw, asked), ".");
    }

    private static List<String> wrong(Draw draw, Fact asked) {
        var others = LANDS.stream().map(land -> " " + asked.relation.of(land))
                .filter(answer -> !answer.equals(asked.answer())).distinct().toList();
        return draw.some(3, others);
    }

    /** Returns a fact as question and answer, for {@link Chats}. */
    static List<String> questionAndAnswer(Draw draw) {
        var relation = draw.from(List.of(Relation.values()));
        var land = draw.from(LANDS);
        var words = Map.of("land", land.name());
        return List.of(fill(relation.question, words),
                fill(relation.wordings.get(0), words) + " " + relation.of(land) + ".");
    }
}
