package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Exit;

class ChatCommandTest {

    private static final Path MODEL = Path.of(System.getenv().getOrDefault("TORNADOLENS_TEST_MODELS", "."),
            "SmolLM2-135M-Instruct.Q4_1.gguf");

    @TempDir Path folder;

    private Path template(String text) throws Exception {
        return Files.writeString(folder.resolve("template.jinja"), text);
    }

    @Test void eachLineIsAnsweredAndRemembered() throws Exception {
        // the template writes how many messages there are, and refuses a fourth
        Path template = template("{% if messages|length > 4 %}{{ raise_exception('enough of ' ~ messages|length) }}"
                + "{% endif %}{{ messages[-1].content }}");
        Lens.Result result =
                Lens.run(Map.of(), "Mary went\n\nto the\npark\n", "chat", "--template", template, "--max", 3);
        assertEquals(Exit.DONE, result.exit());
        assertEquals(2, result.out().lines().filter(line -> !line.isBlank()).count(), result.out());
        assertTrue(
                result.err().endsWith("lens chat: the given chat template refuses these messages: \"enough of 5\"\n"),
                result.err());
        assertFalse(result.out().contains("> ") || result.out().contains("\u001b"), "no prompt where input is piped");
    }

    @Test void commandsBeginAnewAndLeave() throws Exception {
        Path template = template("{% if messages|length > 2 %}{{ raise_exception('kept') }}{% endif %}"
                + "{{ messages[0].role }} {{ messages[-1].content }}");
        Lens.Result result = Lens.run(Map.of(), "a\n/clear\nb\n/system be kind\nc\n/nope\n/exit\nd\n", "chat",
                "--template", template, "--max", 1);
        assertEquals(Exit.DONE, result.exit());
        assertFalse(result.err().contains("kept"), result.err());
        assertTrue(result.err().contains("no command /nope; there are /system, /clear, /help, /exit"), result.err());
    }

    @Test void aModelWithoutATemplateSaysSo() {
        for (Object[] arguments : new Object[][]{{"chat"}, {"generate", "Hi", "--chat"}}) {
            Lens.Result result = Lens.run(Map.of(), "Hi\n", arguments);
            assertEquals(Exit.USAGE, result.exit());
            assertTrue(result.err().contains(": this model has no chat template ("), result.err());
        }
    }

    @Test void aChatModelAnswers() {
        assumeTrue(Files.exists(MODEL), () -> "skipped: no " + MODEL + " (its folder is TORNADOLENS_TEST_MODELS)");
        Lens.Result generated = Lens.run("generate", "What is the capital of France?", "--chat", "--model", MODEL);
        assertEquals("The capital of France is Paris.\n", generated.out(), generated.err());
        Lens.Result chat = Lens.run(Map.of(), "What is the capital of France?\nAnd of Italy?\n", "chat", "--model",
                MODEL);
        assertEquals("The capital of France is Paris.\nThe capital of Italy is Rome.\n", chat.out(), chat.err());
    }
}
