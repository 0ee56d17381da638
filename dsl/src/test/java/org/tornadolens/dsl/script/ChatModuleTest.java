package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Conversations, and tokens named by their text, as scripts use them. */
class ChatModuleTest {

    private static final String IMPORTS =
            """
                    import { load, head, ablate } from "lens";
                    const model = load();
                    const template = "{{ bos_token }}{% for m in messages %} {{ m.role }} {{ m.content }}{% endfor %}"
                      + "{% if add_generation_prompt %} assistant{% endif %}";
                    const talk = [{ role: "user", content: "Mary" }, { role: "assistant", content: "John" }];
                    const pieces = (tokens, at) => at.map(i => model.pieces(tokens)[0][i]).join("");
                    """;

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void aConversationHasThePositionsOfItsMessages() {
        prints(
                "model.text(model.chat(talk, { template }))", "[\"user Mary assistant John assistant\"]",
                "model.text(model.chat(talk, { template, answer: false }))", "[\"user Mary assistant John\"]",
                "(t => t.positions.user.map(at => pieces(t, at)))(model.chat(talk, { template }))", "[\"▁Mary\"]",
                "(t => pieces(t, t.positions.after))(model.chat(talk, { template, answer: false })).slice(-5)", "▁John",
                "model.chat([talk, talk.slice(1)], { template }).positions.map(p => p.user.length)", "[1, 0]",
                "(t => model.run(t, { at: t.positions.after, hooks: [ablate(head('1.2').z.at(t.positions.user[0]), "
                        + "{ with: 'zero' })] }).logits.shape[1] === t.positions.after.length)"
                        + "(model.chat(talk, { template }))",
                "true",
                "model.chat(talk, { template: 'x{{ messages[0].content }}' }).row(0)[0]", "1",
                "model.chat(talk, { template: 'x{{ messages[0].content }}', bos: false }).row(0)[0] === 1", "false");
    }

    @Test void aModelSaysWhetherItHasATemplate() { prints("model.hasChatTemplate", "false"); }

    @Test void whatIsWrongWithAConversationIsSaid() {
        prints(
                "model.chat(talk).length",
                "RangeError: this model has no chat template (" + Path.of("../models/bundled")
                        .toAbsolutePath().normalize()
                        + " has none, in chat_template.jinja, tokenizer_config.json or GGUF's "
                        + "tokenizer.chat_template); "
                        + "give one as the option template",
                "model.chat('Hi')",
                "TypeError: chat takes an array of messages { role, content }, or an array of such arrays, not \"Hi\"",
                "model.chat([{ role: 'user', contents: 'x' }])",
                "TypeError: message 0: no field \"contents\"; nearest: content",
                "model.chat([{ role: 'user' }])", "TypeError: the content of message 0 is a string, not undefined",
                "model.chat([[]])", "RangeError: the conversation of row 0 has no messages",
                "model.chat(talk, { template: \"{{ raise_exception('no') }}\" })",
                "RangeError: the given chat template refuses these messages: \"no\"",
                "model.chat(talk, { template: '{% if %}' })",
                "RangeError: the given chat template cannot be read: an expression is expected in line 1",
                "model.tokens('x').positions",
                "RangeError: these tokens have no positions of messages: model.chat(…) did not make them");
    }

    @Test void aTokenIsNamedByItsText() {
        prints(
                "model.pieces([model.token(' Mary')]), model.token('Mary') === model.token(' Mary')",
                "[\"▁Mary\"] true",
                "model.position('Mary and John', ' John'), model.position(model.tokens('Mary and John'), 'Mary and')",
                "3 2",
                "model.position(['Mary and John', 'John'], 'John')", "[3, 1]",
                "model.position(model.tokens(['Mary and John', 'John']), 'John')", "[3, 1]",
                "model.position('John and John', 'John', { which: 'last' })", "3",
                "model.position('John', 'Mary')", "RangeError: \"Mary\" is not in row 0: \"John\"",
                "model.position('John and John', 'John')",
                "RangeError: \"John\" stands at 2 places in row 0, [1, 3]: \"John and John\"; choose with "
                        + "{ which: \"first\" } or { which: \"last\" }",
                "model.text(['Mary', 'John']), model.text([1]), model.text([[1, 5], [1]]).length",
                "[\"Mary\", \"John\"]  2",
                "model.pieces('Mary John'), model.pieces(['Mary', 'John'])",
                "[\"▁Mary\", \"▁John\"] [[\"▁Mary\"], [\"▁John\"]]");
    }

    @Test void theMostProbableNextTokensAreATable() {
        prints(
                "model.next('Mary and John', { top: 3 }).toString().split('\\n').length", "5",
                "model.next('Mary and John', { top: 1 }).toString().split('\\n')[0].split(/ +/)",
                "[\"token\", \"text\", \"probability\", \"logit\"]",
                "model.next(['Mary', 'John'], { top: 2 }).toString().split('\\n').length", "6",
                "model.next('Mary', { top: 1 }).toString().split('\\n')[2].trim().split(/ +/)[0] == "
                        + "model.generate('Mary', { max: 1 }).tokens.row(0).at(-1)",
                "true");
    }

    @Test void aMissingOrSecondBosIsWarnedOfOnce() {
        String missing = "warning: a row of tokens does not begin with 1 (<s>), as this model's texts do";
        for (String input : List.of("model.tokens('Mary', { bos: false })", "[5, 6]", "[[1, 5], [5, 6]]"))
            assertEquals(List.of(missing),
                    Scripts.warnings(IMPORTS + "for (let i = 0; i < 3; i++) model.run(" + input + ");"));
        assertEquals(List.of(missing), Scripts.warnings(IMPORTS + "model.tokens([5, 6]); model.tokens('<s>Mary');"));
        assertEquals(List.of(), Scripts.warnings(IMPORTS
                + "model.tokens([1, 5]); model.tokens('Mary'); model.tokens('Mary', { bos: false }); "
                + "model.pieces('Mary'); model.text([5]); "
                + "model.random({ length: 3, bos: false }); model.run('Mary'); model.chat(talk, { template });"));
    }
}
