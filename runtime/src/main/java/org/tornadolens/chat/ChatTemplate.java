package org.tornadolens.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.jinja.JinjaException;
import org.tornadolens.jinja.Template;
import org.tornadolens.model.Model;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerException;
import org.tornadolens.tokenizer.TokenizerSource;

/** The template by which a model's conversations are written. */
public final class ChatTemplate {

    private static final String DEFAULT = "default";

    private final Model model;
    private final String title;
    private final Template template;

    private ChatTemplate(Model model, String title, Template template) {
        this.model = model;
        this.title = title;
        this.template = template;
    }

    /** Returns whether a model has a usual template: one alone, or one of several named "default". */
    public static boolean existsFor(Model model) {
        if (model.checkpoint().tokenizer() instanceof TokenizerSource.None) return false;
        Map<String, String> own = model.tokenizer().chatTemplates();
        return own.size() == 1 || own.containsKey(DEFAULT);
    }

    /**
     * Returns a model's template.
     *
     * @param which the name of one of the model's templates, or a template in Jinja; without it, the model's usual one
     * @throws UsageException     if the model has no template (of this name), or the given one cannot be read
     * @throws TokenizerException if the model's template cannot be read
     */
    public static ChatTemplate of(Model model, Optional<String> which) {
        if (which.isPresent() && which.get().contains("{")) {
            String title = "the given chat template";
            try {
                return new ChatTemplate(model, title, Template.of(which.get()));
            } catch (JinjaException e) {
                throw new UsageException(title + " cannot be read: " + e.getMessage());
            }
        }
        Map<String, String> own = model.tokenizer().chatTemplates();
        String source = model.checkpoint().source().toString();
        if (own.isEmpty()) {
            throw new UsageException("this model has no chat template (" + source
                    + " has none, in chat_template.jinja, tokenizer_config.json or GGUF's tokenizer.chat_template); "
                    + "give one as the option template");
        }
        String name = which.orElse(own.size() == 1 ? own.keySet().iterator().next() : DEFAULT);
        if (!own.containsKey(name)) throw new UsageException(Nearest.message("chat template", name, own.keySet()));
        String title = "the chat template \"" + name + "\" of " + source;
        try {
            return new ChatTemplate(model, title, Template.of(own.get(name)));
        } catch (JinjaException e) {
            throw new TokenizerException(title, "it cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Renders messages as transformers' {@code apply_chat_template} does.
     *
     * @param answer whether the text ends with what begins an answer
     * @throws UsageException if the template refuses the messages, or cannot render them
     */
    public String render(List<Message> messages, boolean answer) {
        return render(messages, answer, message -> message.content());
    }

    String render(List<Message> messages, boolean answer, java.util.function.Function<Message, String> content) {
        if (messages.isEmpty()) throw new UsageException("a conversation needs at least one message");
        Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("messages", messages.stream().map(message -> {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("role", message.role());
            fields.put("content", content.apply(message));
            return fields;
        }).toList());
        variables.put("tools", null);
        variables.put("documents", null);
        variables.put("add_generation_prompt", answer);
        token("bos_token", model.tokenizer().bos(), variables);
        token("eos_token", model.tokenizer().eos(), variables);
        token("unk_token", model.tokenizer().unknown(), variables);
        try {
            return template.render(variables);
        } catch (JinjaException.Raised e) {
            throw new UsageException(title + " refuses these messages: \"" + e.getMessage() + "\"");
        } catch (JinjaException e) {
            throw new UsageException(title + " cannot render these messages: " + e.getMessage());
        }
    }

    private void token(String name, OptionalInt id, Map<String, Object> variables) {
        if (id.isPresent()) variables.put(name, model.tokenizer().piece(id.getAsInt()));
    }

    /**
     * Renders and encodes messages. Special tokens are parsed, in contents too, as transformers does.
     *
     * @param bos whether the tokens begin with a BOS if the model's texts do and the template does not write one
     */
    public Conversation of(List<Message> messages, boolean answer, boolean bos) {
        String text = render(messages, answer);
        if (text.isEmpty() && !bos) throw new UsageException(title + " renders nothing for these messages");
        Contents contents = Contents.find(this, messages, answer, text);
        return new Encoding(model, text, bos).conversation(messages, contents);
    }

    Tokenizer tokenizer() { return model.tokenizer(); }
}
