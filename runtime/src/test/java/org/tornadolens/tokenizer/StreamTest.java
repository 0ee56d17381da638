package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamTest {

    private static final int FIRST_BYTE = 3;

    private final Tokenizer tokenizer = Tokenizer.open(Golden.model("small"));

    @Test void aCharacterComesWithItsLastByte() {
        Tokenizer.Stream stream = tokenizer.stream();
        assertEquals("", stream.accept(FIRST_BYTE + 0xF0));
        assertEquals("", stream.accept(FIRST_BYTE + 0x9F));
        assertEquals("", stream.accept(FIRST_BYTE + 0x98));
        assertEquals("😀", stream.accept(FIRST_BYTE + 0x80));
        assertEquals("", stream.finish());
    }

    @Test void anUnfinishedCharacterIsGivenUpWhenSomethingElseComes() {
        Tokenizer.Stream stream = tokenizer.stream();
        assertEquals("", stream.accept(FIRST_BYTE + 0xE2));
        assertEquals("", stream.accept(FIRST_BYTE + 0x82));
        assertEquals("\uFFFD\uFFFDhe", stream.accept(tokenizer.id("he").orElseThrow()));
    }

    @Test void anUnfinishedCharacterIsGivenUpAtTheEnd() {
        Tokenizer.Stream stream = tokenizer.stream();
        assertEquals("", stream.accept(FIRST_BYTE + 0xF0));
        assertEquals("\uFFFD", stream.finish());
    }

    @Test void onlyTheSpaceInFrontOfTheWholeTextIsDropped() {
        Tokenizer.Stream stream = tokenizer.stream();
        int the = tokenizer.id("\u2581the").orElseThrow();
        assertEquals("", stream.accept(tokenizer.bos().orElseThrow()));
        assertEquals("the", stream.accept(the));
        assertEquals(" the", stream.accept(the));
    }

    @Test void whatComesAddsUpToDecoding() {
        Random random = new Random(3);
        for (int i = 0; i < 2000; i++) {
            // half of the ids are bytes, so that characters are started, completed and truncated
            int[] ids = random.ints(random.nextInt(30), 0, 2)
                    .map(kind -> kind == 0 ? random.nextInt(tokenizer.size()) : FIRST_BYTE + 0x80 + random.nextInt(128))
                    .toArray();
            Tokenizer.Stream stream = tokenizer.stream();
            StringBuilder text = new StringBuilder();
            for (int id : ids) text.append(stream.accept(id));
            assertEquals(tokenizer.decode(ids), text.append(stream.finish()).toString(), () -> Arrays.toString(ids));
        }
    }

    @Test void refusesAnIdThatIsNotInTheVocabulary() {
        assertThrows(IllegalArgumentException.class, () -> tokenizer.stream().accept(480));
    }
}
