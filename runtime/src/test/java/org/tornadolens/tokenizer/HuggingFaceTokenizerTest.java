package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.tokenizer.Tokenizer.SpecialTokens;

/** Holds tokenizers to the ids of Hugging Face's library; golden/make_tokenizers.py writes them. */
class HuggingFaceTokenizerTest {

    static final Path FOLDER = Path.of("src/test/resources/tokenizers");

    record Row(String text, int[] ids, int[] asText, String decoded) {}

    static List<Row> rows(String name) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (JsonElement each : JsonParser.parseString(Files.readString(FOLDER.resolve(name + ".json")))
                .getAsJsonArray()) {
            JsonObject row = each.getAsJsonObject();
            rows.add(new Row(row.get("text").getAsString(), ints(row.getAsJsonArray("ids")),
                    ints(row.getAsJsonArray("asText")), row.get("decoded").getAsString()));
        }
        assertTrue(rows.size() >= 300, name);
        return rows;
    }

    private static int[] ints(JsonArray array) {
        return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    static Tokenizer json(String name) {
        return Tokenizer.open(new TokenizerSource.TokenizerJson(FOLDER.resolve(name).resolve("tokenizer.json"),
                TokenizerSettings.NONE));
    }

    static void assertAgrees(String name, Tokenizer tokenizer) throws IOException {
        for (Row row : rows(name)) {
            assertArrayEquals(row.ids, tokenizer.encode(row.text), row.text);
            assertArrayEquals(row.asText, tokenizer.encode(row.text, SpecialTokens.AS_TEXT), "as text: " + row.text);
            assertEquals(row.decoded, tokenizer.decode(row.ids), row.text);
            assertEquals(row.decoded, streamed(tokenizer, row.ids), "one by one: " + row.text);
        }
    }

    private static String streamed(Tokenizer tokenizer, int[] ids) {
        TokenStream stream = tokenizer.stream();
        StringBuilder text = new StringBuilder();
        for (int id : ids) text.append(stream.accept(id));
        return text.append(stream.finish()).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "smollm", "llama3", "qwen2", "tekken",
            "llama2"}) void idsAndTextsAreThoseOfTheLibrary(String name) throws IOException {
        assertAgrees(name, json(name));
    }

    @ParameterizedTest
    @CsvSource({"gpt2, gpt-2", "gpt2, default", "smollm, smollm", "llama3, llama-bpe", "qwen2, qwen2",
            "tekken, tekken"}) void theSameTokenizerInAGgufFileGivesTheSameIds(String name, String split)
                    throws IOException {
        assertAgrees(name, Tokenizer.open(bytePairs(name, split)));
    }

    /** As llama.cpp writes a tokenizer.json into a GGUF file. */
    static TokenizerSource.BytePairs bytePairs(String name, String split) throws IOException {
        JsonObject json = JsonParser.parseString(Files.readString(FOLDER.resolve(name).resolve("tokenizer.json")))
                .getAsJsonObject();
        JsonObject model = json.getAsJsonObject("model");
        Map<Integer, Piece> pieces = new TreeMap<>();
        model.getAsJsonObject("vocab").entrySet().forEach(entry -> pieces.put(entry.getValue().getAsInt(),
                new Piece(entry.getKey(), 0, Piece.Type.NORMAL)));
        OptionalInt bos = OptionalInt.empty();
        for (JsonElement each : json.getAsJsonArray("added_tokens")) {
            String text = each.getAsJsonObject().get("content").getAsString();
            int id = each.getAsJsonObject().get("id").getAsInt();
            pieces.put(id, new Piece(text, 0, Piece.Type.CONTROL));
            if (text.equals("<|begin_of_text|>") || text.equals("<s>")) bos = OptionalInt.of(id);
        }
        List<String> merges = model.getAsJsonArray("merges").asList().stream().map(JsonElement::getAsJsonArray)
                .map(pair -> pair.get(0).getAsString() + " " + pair.get(1).getAsString()).toList();
        List<Piece> all = IntStream.rangeClosed(0, Collections.max(pieces.keySet()))
                .mapToObj(id -> pieces.getOrDefault(id, new Piece("[PAD" + id + "]", 0, Piece.Type.UNUSED))).toList();
        TokenizerSettings settings = new TokenizerSettings(Optional.empty(), Optional.empty(), Optional.empty(), bos,
                OptionalInt.empty(), List.of(), Map.of());
        return new TokenizerSource.BytePairs(Path.of("model.gguf"), all, merges, split, settings);
    }

    @Test void specialTokensOfAGgufFileKeepTheirIdsWhereverTheyStand() throws IOException {
        TokenizerSource.BytePairs end = bytePairs("gpt2", "gpt-2");
        List<Piece> pieces = new ArrayList<>(List.of(new Piece("<|first|>", 0, Piece.Type.CONTROL)));
        pieces.addAll(end.pieces());
        Tokenizer tokenizer = Tokenizer.open(
                new TokenizerSource.BytePairs(end.file(), pieces, end.merges(), end.split(), end.settings()));
        for (Row row : rows("gpt2")) {
            int[] expected = IntStream.concat(IntStream.of(0), IntStream.of(row.ids).map(id -> id + 1)).toArray();
            assertArrayEquals(expected, tokenizer.encode("<|first|>" + row.text), row.text);
        }
    }

    @Test void theRealTokenizerOfSmolLm2GivesTheSameIds() throws IOException {
        Path file = Path.of(System.getenv().getOrDefault("TORNADOLENS_TEST_MODELS", "."),
                "SmolLM2-135M-Instruct.Q4_1.gguf");
        assumeTrue(Files.exists(file), () -> "skipped: no " + file + " (its folder is TORNADOLENS_TEST_MODELS)");
        assertAgrees("smollm2", Tokenizer.open(Checkpoints.open(file).tokenizer()));
    }

    @Test void aTiktokenFileGivesTheSamePieces() throws IOException {
        Tokenizer ranks = Tokenizer.open(new TokenizerSource.Tiktoken(FOLDER.resolve("tiktoken/tokenizer.model")));
        Tokenizer json = json("llama3");
        for (Row row : rows("llama3")) {
            if (row.text.contains("<|im_")) continue;   // special tokens of the one, not of the other
            assertEquals(pieces(json, row.ids), pieces(ranks, ranks.encode(row.text)), row.text);
        }
        assertEquals("<|begin_of_text|>", ranks.piece(ranks.bos().getAsInt()));
        assertEquals("<|eot_id|>", ranks.piece(ranks.bos().getAsInt() + 9));
        assertTrue(ranks.addsBos());
        assertArrayEquals(new int[]{ranks.bos().getAsInt() + 9}, ranks.encode("<|eot_id|>"));
    }

    private static List<String> pieces(Tokenizer tokenizer, int[] ids) {
        return IntStream.of(ids).mapToObj(tokenizer::piece).toList();
    }

    @Test void piecesShowSpacesAndCharactersAsSentencePieceDoes() {
        Tokenizer tokenizer = json("gpt2");
        assertEquals(List.of("The", "▁capital", "▁of", "▁France", "▁is"),
                pieces(tokenizer, tokenizer.encode("The capital of France is")));
        int the = tokenizer.id("Ġof").getAsInt();
        assertEquals("▁of", tokenizer.piece(the));
        assertEquals(OptionalInt.of(the), tokenizer.id("▁of"));
        int[] thumb = tokenizer.encode("\uD83D\uDC4D");
        assertTrue(thumb.length > 1 && tokenizer.piece(thumb[0]).startsWith("<0x"),
                pieces(tokenizer, thumb).toString());
        assertEquals("é", tokenizer.piece(tokenizer.encode("é")[0]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "smollm", "llama3", "qwen2", "tekken", "llama2"}) void everyIdHasALabelOfItsOwn(
            String name) {
        Tokenizer tokenizer = json(name);
        Set<String> labels = new HashSet<>();
        for (int id = 0; id < tokenizer.size(); id++) assertTrue(labels.add(tokenizer.label(id)), tokenizer.label(id));
    }

    @ParameterizedTest
    @CsvSource({"gpt2, false, ", "qwen2, false, ", "llama3, true, <|begin_of_text|>", "tekken, true, <s>",
            "llama2, true, <s>"}) void theBosIsThatOfThePostProcessor(String name, boolean adds, String bos)
                    throws IOException {
        Tokenizer tokenizer = json(name);
        assertEquals(adds, tokenizer.addsBos());
        assertEquals(bos, tokenizer.bos().isPresent() ? tokenizer.piece(tokenizer.bos().getAsInt()) : null);
    }

    @Test void whatIsSaidBesideTheFileComesFirst() {
        Path file = FOLDER.resolve("llama3/tokenizer.json");
        Tokenizer tokenizer = Tokenizer.open(new TokenizerSource.TokenizerJson(file,
                new TokenizerSettings(Optional.of(false), Optional.of("<|im_start|>"), Optional.of("<|im_end|>"),
                        OptionalInt.empty(), OptionalInt.empty(), List.of(AddedToken.of(5000, "<tool>", true)),
                        Map.of())));
        assertFalse(tokenizer.addsBos());
        assertEquals("<|im_start|>", tokenizer.piece(tokenizer.bos().getAsInt()));
        assertEquals("<|im_end|>", tokenizer.piece(tokenizer.eos().getAsInt()));
        assertEquals(5000, tokenizer.encode("x<tool>y")[1]);
        assertEquals(Piece.Type.CONTROL, tokenizer.type(5000));
        assertEquals("xy", tokenizer.decode(tokenizer.encode("x<tool>y")));
        assertEquals("<id 4999>", tokenizer.piece(4999));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama3", "llama2"}) void aSavedTokenizerIsTheSame(String name,
            @TempDir Path folder) throws IOException {
        for (Map.Entry<String, byte[]> file : json(name).files().entrySet())
            Files.write(folder.resolve(file.getKey()), file.getValue());
        assertAgrees(name, Tokenizer.open(
                new TokenizerSource.TokenizerJson(folder.resolve("tokenizer.json"), TokenizerSettings.NONE)));
    }

    @Test void onlyTokenizersThatAddASpaceSayThatTheyDo() {
        assertFalse(json("gpt2").addsSpace());
        assertTrue(json("llama2").addsSpace());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                                | has no "model"
            []                                                | is not a JSON object
            {"model": {"type": "Unigram"}}                    | type 'Unigram'; byte-pair encoding (BPE) is supported
            {"model": MODEL{}}                                | vocabulary is empty
            {"model": MODEL{"a": -1}}                         | 'a' has the id -1
            {"model": MODEL{"a": 0, "b": 0}}                  | id 0 is both 'a' and 'b'
            {"normalizer": {"type": "Precompiled"}, "model": MODEL{"a": 0}} | has a step of type 'Precompiled'
            {"added_tokens": [{"id": 1, "content": ""}], "model": MODEL{"a": 0}} | the added token 1 is empty
            """) void brokenFilesAreRefusedByName(String json, String problem, @TempDir Path folder)
            throws IOException {
        String whole = json.replaceAll("MODEL(\\{[^}]*})", "{\"type\": \"BPE\", \"vocab\": $1, \"merges\": []}");
        Path file = Files.writeString(folder.resolve("tokenizer.json"), whole);
        String message = assertThrows(TokenizerException.class,
                () -> Tokenizer.open(new TokenizerSource.TokenizerJson(file, TokenizerSettings.NONE))).getMessage();
        assertTrue(message.startsWith(file.toString()) && message.contains(problem), message);
    }

    @Test void aMergeOfUnknownTokensIsAnErrorAndNoCrash(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"),
                "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [[\"a\", \"b\"]]}}");
        Tokenizer tokenizer = Tokenizer.open(new TokenizerSource.TokenizerJson(file, TokenizerSettings.NONE));
        String message = assertThrows(TokenizerException.class, () -> tokenizer.encode("a")).getMessage();
        assertTrue(message.startsWith(file.toString()), message);
    }

    @Test void anUnknownSplitIsRefusedByName() throws IOException {
        TokenizerSource.BytePairs source = bytePairs("gpt2", "viking");
        String message = assertThrows(TokenizerException.class, () -> Tokenizer.open(source)).getMessage();
        assertTrue(message.contains("\"viking\"") && message.contains("smollm"), message);
    }
}
