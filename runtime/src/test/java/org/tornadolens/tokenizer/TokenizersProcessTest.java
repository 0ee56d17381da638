package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files on which Hugging Face's library ends its process give one line, and the next tokenizer works. */
class TokenizersProcessTest {

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz \u00e9";

    @TempDir Path folder;

    /** Each aborted the process that called the library, version 0.21.4. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "decoder | {'type': 'Strip', 'content': 'a', 'start': 0, 'stop': 5} "
                    + "| decode these ids | index out of bounds",
            "decoder | {'type': 'Strip', 'content': 'a', 'start': 1, 'stop': 1} "
                    + "| decode these ids | slice index starts",
            "pre_tokenizer | {'type': 'Split', 'pattern': {'Regex': '(a+)+$'}, 'behavior': 'Isolated', "
                    + "'invert': false} | encode this text | retry-limit-in-match over",
            "post_processor | {'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'B', 'type_id': 0}}], "
                    + "'pair': [{'Sequence': {'id': 'A', 'type_id': 0}}], 'special_tokens': {}} "
                    + "| encode this text | index out of bounds"}) void panicsAreErrors(String part, String step,
                            String doing, String problem) throws IOException {
        JsonObject json = plain();
        json.add(part, JsonParser.parseString(step.replace('\'', '"')));
        Tokenizer tokenizer = open(json);
        String message = assertThrows(TokenizerException.class, () -> {
            if (part.equals("post_processor")) tokenizer.addsBos();
            for (String text : List.of("a", "a".repeat(60) + "b")) tokenizer.decode(tokenizer.encode(text));
        }).getMessage();
        assertTrue(message.contains(": the tokenizers library cannot " + doing + ": "), message);
        assertTrue(message.contains(problem), message);
        assertEquals(1, message.lines().count());
        assertEquals("abc", decoded(open(plain()), "abc"));
    }

    @Test void aFileThatTheLibraryFailsOnIsNamed() throws IOException {
        JsonObject json = plain();
        json.getAsJsonObject("model").addProperty("continuing_subword_prefix", "#".repeat(20));
        json.getAsJsonObject("model").add("merges", JsonParser.parseString("[[\"a\", \"b\"]]"));
        Tokenizer tokenizer = open(json);
        String message = assertThrows(TokenizerException.class, () -> tokenizer.encode("ab")).getMessage();
        assertTrue(message.startsWith(folder.resolve("tokenizer.json")
                + ": the tokenizers library fails on this file: "), message);
    }

    @Test void textThatGrowsWithoutBoundEndsTheOtherProcess() throws IOException {
        JsonObject json = plain();
        StringBuilder steps = new StringBuilder("{'type': 'Sequence', 'normalizers': [");
        for (int i = 0; i < 40; i++)
            steps.append(i == 0 ? "" : ",").append("{'type': 'Replace', 'pattern': {'String': 'a'}, 'content': 'aa'}");
        json.add("normalizer", JsonParser.parseString(steps.append("]}").toString().replace('\'', '"')));
        NativeTokenizer tokenizer =
                new NativeTokenizer(json.toString(), "t.json", new TokenizersProcess(3L << 30, 10));
        String message = assertThrows(TokenizerException.class, () -> tokenizer.encode("a", false)).getMessage();
        assertTrue(message.contains("memory allocation") || message.contains("more than 10 seconds"), message);
    }

    @Test void tokenizersGoOnInTheNextProcess() throws IOException {
        TokenizersProcess process = new TokenizersProcess(6L << 30, 60);
        NativeTokenizer good = new NativeTokenizer(plain().toString(), "good.json", process);
        int[] before = good.encode("abc", false);
        JsonObject json = plain();
        json.add("decoder", JsonParser.parseString(
                "{\"type\": \"Strip\", \"content\": \"a\", \"start\": 1, \"stop\": 1}"));
        NativeTokenizer bad = new NativeTokenizer(json.toString(), "bad.json", process);
        assertThrows(TokenizerException.class, () -> bad.decode(new int[]{0}));
        assertArrayEquals(before, good.encode("abc", false));
        assertEquals("abc", good.decode(before));
        assertArrayEquals(new int[]{1}, bad.encode("b", false));
    }

    @Test void manyThreadsMayAskAtOnce() throws Exception {
        Tokenizer tokenizer = open(plain());
        Callable<Void> work = () -> {
            for (int i = 0; i < 200; i++) {
                String text = LETTERS.substring(i % 20) + i % 7;
                assertEquals(text.substring(0, text.length() - 1), decoded(tokenizer, text));
            }
            return null;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            for (Future<Void> done : threads.invokeAll(List.of(work, work, work, work, work, work))) done.get();
        }
    }

    // ---- tokenizers

    private static String decoded(Tokenizer tokenizer, String text) { return tokenizer.decode(tokenizer.encode(text)); }

    private Tokenizer open(JsonObject json) throws IOException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        return Tokenizer.open(new TokenizerSource.TokenizerJson(file, TokenizerSettings.NONE));
    }

    /** A token for each of {@link #LETTERS}, which are written one after another. */
    private static JsonObject plain() {
        JsonObject vocabulary = new JsonObject();
        for (int i = 0; i < LETTERS.length(); i++) vocabulary.addProperty(LETTERS.substring(i, i + 1), i);
        JsonObject json = JsonParser.parseString("""
                {"version": "1.0", "added_tokens": [], "decoder": {"type": "Fuse"},
                 "model": {"type": "BPE", "merges": [], "vocab": {}}}""").getAsJsonObject();
        json.getAsJsonObject("model").add("vocab", vocabulary);
        return json;
    }
}
