package org.tornadolens.dsl.cli;

import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.model.Generated.Ending;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.PromptCache;
import org.tornadolens.model.StopTexts;
import org.tornadolens.tokenizer.TokenStream;

/**
 * The continuation of a prompt, printed while it is generated.
 *
 * @param text   what was printed: the new text before a stop text
 * @param tokens how many tokens were generated
 * @param ending why it ended
 */
record Answer(String text, int tokens, Ending ending) {

    /** @param cache holds what earlier prompts have in common with this one */
    static Answer print(Model model, PromptCache cache, int[] prompt, Generation.Options options, Terminal terminal) {
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread generating = Thread.currentThread();
        StringBuilder text = new StringBuilder();
        int[] generated = {0};
        StopTexts stops = new StopTexts(options.stopTexts());
        TokenStream stream = model.tokenizer().stream();
        for (int id : prompt) stream.accept(id);
        Ending ending = Ending.INTERRUPTED;
        Runnable stop = () -> {
            interrupted.set(true);
            generating.interrupt();      // also in the run of a long prompt
        };
        try (Interrupts.Scope scope = terminal.interrupts().during(stop)) {
            ending = Generation.generate(cache, prompt, options, (row, token) -> {
                show(stops.accept(stream.accept(token)), text, terminal);
                generated[0]++;
                return !interrupted.get();
            }).endings().getFirst();
        } catch (CancellationException e) {
            if (!interrupted.get()) throw e;
        }
        Thread.interrupted();      // an interrupt is over when what it stopped is
        show(stops.accept(stream.finish()) + stops.finish(), text, terminal);
        return new Answer(text.toString(), generated[0], interrupted.get() ? Ending.INTERRUPTED : ending);
    }

    private static void show(String more, StringBuilder text, Terminal terminal) {
        text.append(more);
        terminal.out().print(more);
        terminal.out().flush();
    }
}
