package org.tornadolens.training.corpus;

import java.util.List;

/** The words for the slots of templates. Nouns and adjectives begin with a consonant, so that "a" always fits. */
final class Lexicon {
    static final List<String> THINGS = words("""
            book ball key lamp cup box letter ring basket knife map coin bottle hat coat drum rope bag watch clock
            chair table door window mirror pencil brush candle blanket bell kite boat wheel hammer needle spoon plate
            bowl pot jar ladder bucket broom pillow painting camera radio guitar flute violin doll puzzle ticket flag
            stone shell feather rock stick box toy car bike train phone computer house bridge wall gate fence tower""");
    static final List<String> SMALL_THINGS = words("""
            book ball key lamp cup letter ring basket map coin bottle hat drum rope bag watch clock mirror pencil
            brush candle blanket bell kite hammer needle spoon plate bowl pot jar bucket pillow painting camera radio
            guitar flute violin doll puzzle ticket flag stone shell feather toy""");
    static final List<String> PLACES = words("""
            store park school market garden kitchen library beach station river forest farm castle museum bakery
            church hospital harbor village town city hotel zoo theater restaurant lake mountain field cave barn bank
            shop pool factory temple gym""");
    static final List<String> COLOURS = words("red blue green yellow black white brown pink gray purple silver golden");
    static final List<String> QUALITIES = words("""
            big small new heavy light warm cold soft hard wet dry clean dirty broken pretty strange simple rare cheap
            dark bright round flat long short thick thin sweet fresh loud quiet fast slow strong weak""");
    static final List<String> FEELINGS = words("""
            happy sad tired hungry proud scared bored lonely calm nervous sleepy worried thirsty sick cheerful
            jealous""");
    static final List<String> ANIMALS = words("""
            dog cat horse bird fish rabbit cow pig sheep goat duck chicken mouse fox wolf bear lion tiger monkey snake
            frog turtle bee spider""");
    static final List<String> JOBS = words("""
            doctor baker teacher farmer painter singer driver sailor soldier lawyer nurse cook pilot writer dancer
            miner carpenter builder waiter judge gardener fisher hunter poet""");
    static final List<String> FOODS = words("""
            bread cheese soup cake rice fruit honey milk tea coffee salad pie butter chocolate candy pasta meat corn
            sugar jam""");
    static final List<String> TIMES = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday");

    private Lexicon() {}

    private static List<String> words(String text) {
        return List.of(text.trim().split("\\s+")).stream().distinct().toList();
    }
}
