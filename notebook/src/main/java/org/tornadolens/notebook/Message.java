package org.tornadolens.notebook;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A message of the protocol.
 *
 * @param to     frames before the message: the identity of a front end, or the topic of a broadcast
 * @param parent the header of the request that it answers; empty if it answers none
 */
record Message(List<byte[]> to, JsonObject header, JsonObject parent, JsonObject content) {

    static final String PROTOCOL = "5.4";

    private static final byte[] DELIMITER = "<IDS|MSG>".getBytes(StandardCharsets.US_ASCII);
    private static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
    private static final String SESSION = UUID.randomUUID().toString();

    static Message of(List<byte[]> to, String type, JsonObject parent, JsonObject content) {
        JsonObject header = new JsonObject();
        header.addProperty("msg_id", UUID.randomUUID().toString());
        header.addProperty("session", SESSION);
        header.addProperty("username", "tornadolens");
        header.addProperty("date", Instant.now().truncatedTo(ChronoUnit.MICROS).toString());
        header.addProperty("msg_type", type);
        header.addProperty("version", PROTOCOL);
        return new Message(to, header, parent, content);
    }

    String type() { return header.get("msg_type").getAsString(); }

    /** Returns the answer to this message: {@code execute_request} has {@code execute_reply}. */
    Message reply(JsonObject content) {
        return of(to, type().replaceFirst("_request$", "_reply"), header, content);
    }

    /** Returns the frames of the message. */
    List<byte[]> frames(Signature signature) {
        List<byte[]> parts = List.of(bytes(header), bytes(parent), bytes(new JsonObject()), bytes(content));
        List<byte[]> frames = new ArrayList<>(to);
        frames.add(DELIMITER);
        frames.add(signature.of(parts));
        frames.addAll(parts);
        return frames;
    }

    /** Returns the message in frames, or nothing if it is not one or not signed by the front end. */
    static Optional<Message> read(List<byte[]> frames, Signature signature) {
        int start = 0;
        while (start < frames.size() && !Arrays.equals(frames.get(start), DELIMITER)) start++;
        if (frames.size() < start + 6) return Optional.empty();
        List<byte[]> parts = frames.subList(start + 2, start + 6);
        if (!signature.signs(frames.get(start + 1), parts)) return Optional.empty();
        try {
            Message message = new Message(List.copyOf(frames.subList(0, start)), json(parts.get(0)), json(parts.get(1)),
                    json(parts.get(3)));
            return message.header.has("msg_type") ? Optional.of(message) : Optional.empty();
        } catch (JsonParseException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    private static JsonObject json(byte[] bytes) {
        return JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8)).getAsJsonObject();
    }

    private static byte[] bytes(JsonObject json) { return GSON.toJson(json).getBytes(StandardCharsets.UTF_8); }
}
