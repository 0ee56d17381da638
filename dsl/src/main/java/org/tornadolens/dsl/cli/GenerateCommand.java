package org.tornadolens.dsl.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tornadolens.chat.Message;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.model.Generated.Ending;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.PromptCache;
import org.tornadolens.model.Sampling;
import org.tornadolens.model.StopTexts;
import org.tornadolens.model.TextTokens;

/** Continues a prompt and prints each piece of text as it is generated. */
final class GenerateCommand implements Command {

    private static final int MAX = 100;

    @Override public Syntax syntax() {
        Syntax syntax = new Syntax("lens generate",
                "Continues a text and prints it as it is generated. It ends at the model's end token, "
                        + "before a --stop text, or at --max.")
                .required("PROMPT", "the text to continue");
        return Choices.seed(Choices.model(syntax))
                .option("--max", "N", "generate at most this many tokens (" + MAX + ")")
                .option("--temperature", "T",
                        "the sampling temperature; 0, the default, always takes the most probable token")
                .option("--top-k", "N", "sample from this many most probable tokens; 0, the default, from all")
                .option("--top-p", "P", "sample from the most probable tokens that have this probability together (1)")
                .option("--min-p", "P", "sample from tokens with at least this share of the largest probability (0)")
                .repeated("--stop", "TEXT", "end before this text")
                .flag("--chat", "take PROMPT as a user's message, written by the model's chat template")
                .example("lens generate \"Once upon a time\"")
                .example("lens generate \"The capital of France is\" --model ~/models/llama-2-7b --max 5")
                .example("lens generate \"Once upon a time\" --temperature 0.8 --seed 3");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException {
        int max = Math.toIntExact(Math.min(arguments.whole("--max", MAX), Integer.MAX_VALUE));
        int topK = Math.toIntExact(Math.min(arguments.whole("--top-k", 0), Integer.MAX_VALUE));
        Sampling sampling = new Sampling(arguments.number("--temperature", 0), arguments.number("--top-p", 1), topK,
                arguments.number("--min-p", 0));
        List<String> stops = arguments.values("--stop");
        new StopTexts(stops);   // refuses what cannot be a stop text before the model is opened
        Settings settings = Choices.settings(arguments, terminal);
        Model model = Models.open(settings);
        String given = arguments.operand().orElseThrow();
        int[] prompt;
        if (arguments.has("--chat")) {
            prompt = ChatCommand.template(model, Optional.empty()).of(List.of(new Message("user", given)), true, true)
                    .ids();
        } else {
            prompt = TextTokens.of(model, List.of(given), true).ids();
            terminal.out().print(model.tokenizer().decode(prompt));
            terminal.out().flush();
        }
        long began = System.nanoTime();
        Answer answer = Answer.print(model, new PromptCache(model), prompt, new Generation.Options(max, sampling,
                settings.seed(), model.configuration().eos()).stoppingAt(stops), terminal);
        terminal.out().println();
        if (answer.ending() == Ending.CONTEXT)
            terminal.err().println("the text has reached the end of the model's context of "
                    + model.configuration().nCtx() + " tokens");
        if (terminal.interactiveError() && answer.tokens() > 0) {
            double seconds = (System.nanoTime() - began) / 1e9;
            terminal.err().printf("%d tokens, %.1f tokens/s on %s%n", answer.tokens(), answer.tokens() / seconds,
                    model.backend().device());
        }
        return answer.ending() == Ending.INTERRUPTED ? Exit.INTERRUPTED : Exit.DONE;
    }
}
