package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.chat.ChatTemplate;
import org.tornadolens.chat.Conversation;
import org.tornadolens.chat.Message;
import org.tornadolens.dsl.Host;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;

/** Behind {@code model.chat}: conversations as tokens. */
public final class ChatExports {

    private final Host host;

    ChatExports(Host host) { this.host = host; }

    /** @param template a template's name or text; without it the model's own */
    record ChatRequest(Model model, List<List<Message>> conversations, boolean answer, boolean bos,
            Optional<String> template) {}

    /** Conversations of one template. */
    public record Chat(List<Conversation> conversations) {

        @HostAccess.Export public Tokens tokens() {
            return Tokens.of(conversations.stream().map(Conversation::ids).toList());
        }

        /** The positions of the tokens of a message's content. */
        @HostAccess.Export public int[] content(int row, int message) {
            return conversations.get(row).contents().get(message);
        }

        @HostAccess.Export public int[] after(int row) { return conversations.get(row).after(); }
    }

    /** Whether {@link #chat} needs no template of the script. */
    @HostAccess.Export public boolean hasTemplate(Model model) {
        return ChatTemplate.existsFor(model);
    }

    @HostAccess.Export public Chat chat(Value request) {
        ChatRequest asked = Requests.read(request, ChatRequest.class);
        ChatTemplate template = ChatTemplate.of(asked.model(), asked.template());
        List<Conversation> conversations = new ArrayList<>();
        for (List<Message> messages : asked.conversations()) {
            Conversation conversation = template.of(messages, asked.answer(), asked.bos());
            if (!conversation.special().isEmpty()) {
                host.warn(asked.model(), "special token in content", "the content of a message holds "
                        + String.join(", ", conversation.special()) + ", which is encoded as that special token");
            }
            conversations.add(conversation);
        }
        return new Chat(conversations);
    }
}
