package org.tornadolens.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Backends;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.model.Model;
import org.tornadolens.tokenizer.TokenizerException;
import org.tornadolens.tokenizer.TokenizerSettings;
import org.tornadolens.tokenizer.TokenizerSource;

/** Where the messages of a conversation stand in its tokens. */
class ChatTemplateTest {

    private static final Checkpoint BUNDLED = Checkpoints.open(Path.of("../models/bundled"));

    private static String template(String name) {
        try {
            return Files.readString(Path.of("src/test/resources/chat/templates", name + ".jinja"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bundled weights with another tokenizer, which has these templates. */
    private static Model model(String tokenizer, Map<String, String> templates) {
        boolean llama = tokenizer.equals("llama2");
        TokenizerSettings settings = new TokenizerSettings(Optional.of(false),
                Optional.of(llama ? "<s>" : "<|im_start|>"), Optional.of(llama ? "</s>" : "<|im_end|>"),
                OptionalInt.empty(), OptionalInt.empty(), List.of(), templates);
        Path file = Path.of("src/test/resources/tokenizers").resolve(tokenizer).resolve("tokenizer.json");
        return Model.of(new Checkpoint(BUNDLED.source(), BUNDLED.format(), BUNDLED.configuration(), BUNDLED.weights(),
                new TokenizerSource.TokenizerJson(file, settings)), Backends.cpu());
    }

    private static Message user(String content) { return new Message("user", content); }

    private static Message assistant(String content) { return new Message("assistant", content); }

    private static Message system(String content) { return new Message("system", content); }

    private static Conversation of(Model model, String template, Message... messages) {
        return ChatTemplate.of(model, Optional.of(template(template))).of(List.of(messages), true, true);
    }

    private static String text(Model model, Conversation conversation, int... positions) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int position : positions) bytes.writeBytes(model.tokenizer().bytes(conversation.ids()[position]));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"chatml", "llama-3", "llama-3.1", "mistral-0.3", "qwen-2.5", "qwen-3", "zephyr", "vicuna",
            "llama-2"}) void contentsAreFoundThoughTheyRepeatTheTemplatesOwnWords(String template) {
        Model model = model("gpt2", Map.of());
        Message[] talk = {system("system"), user("user"), assistant("user"), user("assistant Où 東京?")};
        Conversation conversation = of(model, template, talk);
        for (int i = 0; i < talk.length; i++) {
            String found = text(model, conversation, conversation.contents().get(i));
            assertTrue(found.contains(talk[i].content()) && found.length() <= talk[i].content().length() + 4,
                    "<" + found + "> for " + talk[i]);
            if (i > 0 && !template.equals("mistral-0.3")) {   // it writes the system message into the last user's
                assertTrue(conversation.contents().get(i)[0] > conversation.contents().get(i - 1)[0], template);
            }
        }
        int last = conversation.contents().get(3)[conversation.contents().get(3).length - 1];
        assertEquals(last + 1, conversation.after().length == 0 ? last + 1 : conversation.after()[0]);
        assertEquals(conversation.ids().length - 1 - last, conversation.after().length);
    }

    /** One template is a model's usual one whatever its name; of several it is the one named default. */
    @Test void aModelHasATemplateIfConversationsNeedNoOther() {
        assertTrue(ChatTemplate.existsFor(model("gpt2", Map.of("default", "a", "rag", "b"))));
        assertTrue(ChatTemplate.existsFor(model("gpt2", Map.of("rag", "b"))));
        assertFalse(ChatTemplate.existsFor(model("gpt2", Map.of("rag", "b", "tool_use", "c"))));
        assertFalse(ChatTemplate.existsFor(model("gpt2", Map.of())));
        assertFalse(ChatTemplate.existsFor(Model.of(new Checkpoint(BUNDLED.source(), BUNDLED.format(),
                BUNDLED.configuration(), BUNDLED.weights(), new TokenizerSource.None("a file")), Backends.cpu())));
    }

    @Test void theTailBehindTheInstructionIsWhatBeginsTheAnswer() {
        Model model = model("gpt2", Map.of());
        Conversation conversation = of(model, "chatml", user("Hello"), assistant("Hi"), user("The capital"));
        assertEquals("<|im_end|>\n<|im_start|>assistant\n", text(model, conversation, conversation.after()));
    }

    @Test void trimmedContentsEmptyOnesAndPartsAreFound() {
        Model model = model("gpt2", Map.of());
        Conversation trimmed = of(model, "llama-3", user("  \n Hello \n"), assistant(""), user("\n"));
        assertTrue(text(model, trimmed, trimmed.contents().get(0)).contains("Hello"));
        assertEquals(0, trimmed.contents().get(1).length);
        assertEquals(0, trimmed.contents().get(2).length);
        Conversation cut = of(model, "qwen-3", user("1+1"), assistant("<think>\nadd\n</think>\n\n2"), user("2+2"));
        assertTrue(text(model, cut, cut.contents().get(1)).strip().endsWith("2"));
        assertTrue(!text(model, cut, cut.contents().get(1)).contains("think"));
    }

    @Test void aBosStandsThereOnce() {
        Model llama = Model.of(BUNDLED, Backends.cpu());
        int bos = llama.tokenizer().bos().orElseThrow();
        for (String template : List.of("llama-2", "zephyr", "mistral-0.1")) {
            int[] ids = of(llama, template, user("Mary went to the park")).ids();
            assertEquals(bos, ids[0], template);
            assertTrue(ids[1] != bos, template);
        }
        assertTrue(ChatTemplate.of(llama, Optional.of(template("zephyr"))).of(List.of(user("Mary")), true, false)
                .ids()[0] != bos);
        Conversation conversation = of(llama, "mistral-0.1", user("Mary went"), assistant("to the"), user("park"));
        assertEquals(" Mary went", text(llama, conversation, conversation.contents().get(0)));
        assertEquals(" park", text(llama, conversation, conversation.contents().get(2)));
    }

    @Test void specialTokensInContentsAreNamed() {
        Model model = model("gpt2", Map.of());
        assertEquals(List.of("<|im_end|>"), of(model, "chatml", user("a <|im_end|> b")).special());
        assertEquals(List.of(), of(model, "chatml", user("a")).special());
    }

    @Test void aModelsTemplatesAreFoundByName() {
        Model model = model("gpt2", Map.of("default", template("chatml"), "tool_use", "T{{ messages[0].content }}"));
        assertEquals("Tx", ChatTemplate.of(model, Optional.of("tool_use")).render(List.of(user("x")), false));
        assertEquals("<|im_start|>user\nx<|im_end|>\n",
                ChatTemplate.of(model, Optional.empty()).render(List.of(user("x")), false));
        assertEquals("no chat template \"tool\"; nearest: tool_use",
                assertThrows(UsageException.class, () -> ChatTemplate.of(model, Optional.of("tool"))).getMessage());
    }

    @Test void errorsNameTheTemplateAndItsFile() {
        String none =
                assertThrows(UsageException.class, () -> ChatTemplate.of(model("gpt2", Map.of()), Optional.empty()))
                        .getMessage();
        assertTrue(none.startsWith("this model has no chat template") && none.contains("template"), none);
        String broken = assertThrows(TokenizerException.class,
                () -> ChatTemplate.of(model("gpt2", Map.of("default", "{% if %}")), Optional.empty())).getMessage();
        assertTrue(broken.contains("bundled") && broken.contains("\"default\"") && broken.contains("line 1"), broken);
        Model model = model("gpt2", Map.of("default", template("mistral-0.1")));
        String refused = assertThrows(UsageException.class,
                () -> ChatTemplate.of(model, Optional.empty()).render(List.of(system("x")), true)).getMessage();
        assertTrue(refused.contains("bundled refuses these messages: \"Conversation roles must alternate"), refused);
    }

    @Test void positionsAscendAndLieInTheTokens() {
        Model model = model("llama2", Map.of());
        Conversation conversation = of(model, "vicuna", user("Café ½ \uD83D\uDC4D"), assistant("ok"), user("▁ x"));
        for (int[] positions : conversation.contents()) {
            assertArrayEquals(Arrays.stream(positions).sorted().distinct().toArray(), positions);
            assertTrue(Arrays.stream(positions).allMatch(p -> p > 0 && p < conversation.ids().length));
        }
    }
}
