package org.tornadolens.dsl.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.chat.ChatTemplate;
import org.tornadolens.chat.Conversation;
import org.tornadolens.chat.Message;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.repl.LineInput;
import org.tornadolens.model.Generated.Ending;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.PromptCache;
import org.tornadolens.model.Sampling;

/** A conversation: each line is a message, and the model's answer is printed as it is generated. */
final class ChatCommand implements Command {

    private static final int MAX = 500;
    private static final double NEARLY_FULL = 0.9;   // of the context
    private static final String HELP = """
            A line is a message; Ctrl-C stops an answer.
            /system TEXT   begins a new conversation with this system message; without TEXT, with none
            /clear         begins a new conversation
            /exit          leaves, as does the end of input (Ctrl-D)""";

    @Override public Syntax syntax() {
        Syntax syntax = new Syntax("lens chat",
                "Holds a conversation, written by the model's own chat template: a line is a message. "
                        + "/clear, /system TEXT and /exit are commands.");
        return Choices.seed(Choices.model(syntax))
                .option("--system", "TEXT", "the system message (what the template says without one)")
                .option("--template", "T", "a chat template: a file in Jinja, or the name of one of the model's")
                .option("--max", "N", "end an answer after this many tokens (" + MAX + ")")
                .option("--temperature", "T",
                        "the sampling temperature; 0, the default, always takes the most probable token")
                .example("lens chat --model ~/models/SmolLM2-135M-Instruct.gguf")
                .example("lens chat --model ~/models/llama-2-7b-chat --system \"Answer in one word.\"")
                .example("echo \"What is the capital of France?\" | lens chat --model ~/models/zephyr");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException {
        int max = Math.toIntExact(Math.min(arguments.whole("--max", MAX), Integer.MAX_VALUE));
        Sampling sampling = new Sampling(arguments.number("--temperature", 0), 1, 0, 0);
        Settings settings = Choices.settings(arguments, terminal);
        Model model = Models.open(settings);
        ChatTemplate template = template(model, arguments.value("--template"));
        Generation.Options options = new Generation.Options(max, sampling, settings.seed(),
                model.configuration().eos());
        return new Talk(model, template, options, terminal).converse(arguments.value("--system"));
    }

    /** Returns the model's template, or the one in a file or of a name. */
    static ChatTemplate template(Model model, Optional<String> given) throws IOException {
        if (given.isEmpty() || !Files.isRegularFile(Path.of(given.get()))) return ChatTemplate.of(model, given);
        String text = Files.readString(Path.of(given.get()));
        if (!text.contains("{")) throw new UsageException(given.get() + " is no chat template: it has no tags");
        return ChatTemplate.of(model, Optional.of(text));
    }

    /** One session. */
    private static final class Talk {

        private final Model model;
        private final ChatTemplate template;
        private final Generation.Options options;
        private final Terminal terminal;
        private final List<Message> messages = new ArrayList<>();
        private final PromptCache cache;      // each turn begins as the turns before it
        private Optional<String> system = Optional.empty();

        Talk(Model model, ChatTemplate template, Generation.Options options, Terminal terminal) {
            this.model = model;
            this.template = template;
            this.options = options;
            this.terminal = terminal;
            cache = new PromptCache(model);
        }

        Exit converse(Optional<String> first) throws IOException {
            begin(first);
            return terminal.interactiveInput() ? interactive() : piped();
        }

        private Exit interactive() throws IOException {
            terminal.out().println(HELP);
            try (LineInput input = LineInput.ofText(LineInput.terminal(terminal.interrupts()),
                    LineInput.history("chat-history", terminal.environment()))) {
                while (true) {
                    switch (input.read("> ")) {
                        case LineInput.Read.Text(String line) -> {
                            if (!said(line)) return Exit.DONE;
                        }
                        case LineInput.Read.Dropped dropped -> {}
                        case LineInput.Read.End end -> {
                            return Exit.DONE;
                        }
                    }
                }
            }
        }

        private Exit piped() throws IOException {
            BufferedReader reader = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
            for (String line = reader.readLine(); line != null && said(line);) line = reader.readLine();
            return Exit.DONE;
        }

        /** Answers a line; returns false if it ends the conversation. */
        private boolean said(String line) {
            if (line.strip().equals("/exit")) return false;
            if (line.startsWith("/")) command(line.strip());
            else if (!line.isBlank()) answer(line);
            return true;
        }

        private void begin(Optional<String> message) {
            system = message;
            messages.clear();
            system.ifPresent(text -> messages.add(new Message("system", text)));
        }

        private void command(String line) {
            if (line.equals("/clear")) begin(system);
            else if (line.equals("/system")) begin(Optional.empty());
            else if (line.startsWith("/system ")) begin(Optional.of(line.substring("/system ".length()).strip()));
            else if (line.equals("/help")) terminal.out().println(HELP);
            else
                terminal.err()
                        .println("no command " + line.split(" ")[0] + "; there are /system, /clear, /help, /exit");
        }

        private void answer(String line) {
            int before = messages.size();
            messages.add(new Message("user", line));
            try {
                Conversation conversation = template.of(messages, true, true);
                int context = model.configuration().nCtx(), length = conversation.ids().length;
                if (length >= context) {
                    throw new UsageException("the conversation has " + length + " tokens, and this model's context "
                            + context + "; /clear begins a new one");
                }
                if (!conversation.special().isEmpty()) {
                    terminal.err().println("warning: a message holds " + String.join(", ", conversation.special())
                            + ", which is encoded as that special token");
                }
                Answer answer = Answer.print(model, cache, conversation.ids(), options, terminal);
                terminal.out().println();
                if (answer.ending() == Ending.INTERRUPTED && answer.tokens() == 0) {      // there is no answer to keep
                    messages.removeLast();
                    return;
                }
                messages.add(new Message("assistant", answer.text()));
                told(length + answer.tokens(), context, answer);
            } catch (UsageException e) {   // the template refuses the messages, or they are too long
                while (messages.size() > before) messages.removeLast();
                terminal.out().flush();
                terminal.err().println("lens chat: " + e.getMessage());
            }
        }

        private void told(int length, int context, Answer answer) {
            if (answer.ending() == Ending.CONTEXT) {
                terminal.err()
                        .println("the context of " + context + " tokens is full; /clear begins a new conversation");
            } else if (length > NEARLY_FULL * context) {
                terminal.err().println((context - length) + " of the context's " + context
                        + " tokens are left; /clear begins a new conversation");
            } else if (answer.ending() == Ending.MAX) {
                terminal.err().println("the answer ends at --max " + options.max());
            }
        }
    }
}
