package org.tornadolens.dsl.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tokenizer.TokenStream;

/**
 * An answer of a model, printed while it is generated.
 *
 * @param text        what was printed
 * @param tokens      how many tokens were generated
 * @param interrupted whether Ctrl-C ended it
 */
record Answer(String text, int tokens, boolean interrupted) {

    static Answer print(Model model, int[] prompt, Generation.Options options, Terminal terminal) {
        AtomicBoolean interrupted = new AtomicBoolean();
        StringBuilder text = new StringBuilder();
        int[] generated = {0};
        TokenStream stream = model.tokenizer().stream();
        for (int id : prompt) stream.accept(id);
        try (Interrupts.Scope scope = terminal.interrupts().during(() -> interrupted.set(true))) {
            Generation.generate(model, Tokens.of(prompt), options, (row, token) -> {
                show(stream.accept(token), text, terminal);
                generated[0]++;
                return !interrupted.get();
            });
        }
        show(stream.finish(), text, terminal);
        return new Answer(text.toString(), generated[0], interrupted.get());
    }

    private static void show(String more, StringBuilder text, Terminal terminal) {
        text.append(more);
        terminal.out().print(more);
        terminal.out().flush();
    }
}
