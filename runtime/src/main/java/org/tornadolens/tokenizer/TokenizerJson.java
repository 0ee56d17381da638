package org.tornadolens.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A Hugging Face {@code tokenizer.json}, as far as this package looks into it: the tokens by id and the added tokens.
 * What the native library might answer with an abort of the whole process is refused here.
 */
final class TokenizerJson {

    /** A bound on ids; the largest vocabularies have a quarter of it. */
    private static final int MAX_IDS = 1 << 20;
    private static final int MAX_DEPTH = 64;
    private static final int MAX_PATTERN = 4096;

    /** Steps around the byte-pair merges that the models of the supported families use. */
    private static final Set<String> STEPS = Set.of("Sequence", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip",
            "StripAccents", "Prepend", "Replace", "Nmt", "ByteLevel", "Split", "Digits", "Metaspace", "Punctuation",
            "Whitespace", "WhitespaceSplit", "ByteFallback", "Fuse", "TemplateProcessing", "BPEDecoder");

    private final String origin;
    private final JsonObject json;
    private final TreeMap<Integer, String> tokens = new TreeMap<>();
    private final List<AddedToken> added = new ArrayList<>();
    private final List<String> beside = new ArrayList<>();   // added tokens that the file's vocabulary has not

    private TokenizerJson(JsonObject json, String origin) {
        this.origin = origin;
        this.json = json;
        checkModel(object(json, "model"));
        for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
            if (has(json, part)) checkStep(part, json.get(part), 0);
        }
        if (has(json, "added_tokens")) {
            for (JsonElement each : array(json, "added_tokens")) {
                if (!each.isJsonObject()) throw broken("added_tokens holds something that is no token");
                JsonObject token = each.getAsJsonObject();
                add(new AddedToken(id(token.get("id"), "an added token"), text(token, "content"),
                        flag(token, "special"),
                        flag(token, "single_word"), flag(token, "lstrip"), flag(token, "rstrip"),
                        flag(token, "normalized")));
            }
        }
    }

    static TokenizerJson parse(String text, String origin) {
        JsonElement parsed;
        try {
            parsed = JsonParser.parseString(text);
        } catch (JsonParseException | StackOverflowError e) {
            throw new TokenizerException(origin, "is not JSON", e);
        }
        if (!parsed.isJsonObject()) throw new TokenizerException(origin, "is not a JSON object");
        return of(parsed.getAsJsonObject(), origin);
    }

    static TokenizerJson of(JsonObject json, String origin) {
        try {
            return new TokenizerJson(json, origin);
        } catch (ClassCastException | IllegalStateException | UnsupportedOperationException e) {
            throw new TokenizerException(origin, "is not a tokenizer.json: " + e.getMessage(), e);
        }
    }

    /** Tokens by id, added ones included; not every id needs to have one. */
    TreeMap<Integer, String> tokens() {
        return tokens;
    }

    List<AddedToken> added() { return added; }

    /**
     * Adds tokens that stand beside the file and not in it. They go to the vocabulary, too: the library numbers added
     * tokens by itself, unless the vocabulary has them.
     */
    TokenizerJson with(List<AddedToken> tokensBeside) {
        Set<Integer> known = new HashSet<>();
        added.forEach(token -> known.add(token.id()));
        for (AddedToken token : tokensBeside) {
            if (!known.add(token.id())) continue;
            boolean isNew = !tokens.containsKey(token.id());
            add(token);
            if (isNew) {
                vocabulary().addProperty(token.text(), token.id());
                beside.add(token.text());
            }
            if (!has(json, "added_tokens")) json.add("added_tokens", new JsonArray());
            array(json, "added_tokens").add(ByteLevelJson.of(token));
        }
        return this;
    }

    private JsonObject vocabulary() { return object(object(json, "model"), "vocab"); }

    String text() { return json.toString(); }

    /** Returns the file without its special tokens, whose texts are then cut into pieces as any other text. */
    String textWithoutSpecialTokens() {
        JsonObject copy = new JsonObject();
        for (Map.Entry<String, JsonElement> entry : json.entrySet()) copy.add(entry.getKey(), entry.getValue());
        JsonArray others = new JsonArray();
        for (AddedToken token : added) if (!token.special()) others.add(ByteLevelJson.of(token));
        copy.add("added_tokens", others);
        copy.remove("post_processor");
        if (beside.isEmpty()) return copy.toString();
        JsonObject model = object(json, "model").deepCopy();
        beside.forEach(model.getAsJsonObject("vocab")::remove);
        copy.add("model", model);
        return copy.toString();
    }

    /** Whether tokens are written in the characters of {@link ByteAlphabet}. */
    boolean byteLevel() {
        return has(json, "decoder") && mentions(json.get("decoder"), "ByteLevel");
    }

    /** Whether a character without a token is encoded as the byte tokens of its UTF-8. */
    boolean byteFallback() {
        return flag(object(json, "model"), "byte_fallback");
    }

    String unknownToken() {
        JsonObject model = object(json, "model");
        return has(model, "unk_token") ? text(model, "unk_token") : null;
    }

    private void add(AddedToken token) {
        if (token.text().isEmpty()) throw broken("the added token " + token.id() + " is empty");
        if (token.id() < 0 || token.id() >= MAX_IDS) throw broken("an added token has the id " + token.id());
        String other = tokens.put(token.id(), token.text());
        if (other != null && !other.equals(token.text())) {
            throw broken("id " + token.id() + " is " + Label.quote(other) + " and the added token "
                    + Label.quote(token.text()));
        }
        added.add(token);
    }

    private void checkModel(JsonObject model) {
        String type = has(model, "type") ? text(model, "type") : has(model, "merges") ? "BPE" : "unknown";
        if (!type.equals("BPE"))
            throw broken("its model is of type " + Label.quote(type) + "; byte-pair encoding (BPE) is supported");
        for (Map.Entry<String, JsonElement> entry : object(model, "vocab").entrySet()) {
            int id = id(entry.getValue(), Label.quote(entry.getKey()));
            String other = tokens.put(id, entry.getKey());
            if (other != null)
                throw broken("id " + id + " is both " + Label.quote(other) + " and " + Label.quote(entry.getKey()));
        }
    }

    private void checkStep(String part, JsonElement step, int depth) {
        if (depth > MAX_DEPTH) throw broken(part + " is nested too deeply");
        if (step.isJsonArray()) {
            for (JsonElement each : step.getAsJsonArray()) checkStep(part, each, depth + 1);
        } else if (step.isJsonObject()) {
            JsonObject object = step.getAsJsonObject();
            if (has(object, "type") && depth % 2 == 0 && !STEPS.contains(text(object, "type")))
                throw broken(
                        part + " has a step of type " + Label.quote(text(object, "type")) + ", which is not supported");
            for (String inner : List.of("normalizers", "pretokenizers", "processors", "decoders")) {
                if (has(object, inner)) checkStep(part, array(object, inner), depth + 1);
            }
            if (has(object, "pattern") && object.get("pattern").toString().length() > MAX_PATTERN)
                throw broken(part + " has a pattern of more than " + MAX_PATTERN + " characters");
        } else {
            throw broken(part + " is no object");
        }
    }

    private static boolean mentions(JsonElement step, String type) {
        if (step.isJsonArray()) return step.getAsJsonArray().asList().stream().anyMatch(each -> mentions(each, type));
        if (!step.isJsonObject()) return false;
        JsonObject object = step.getAsJsonObject();
        return has(object, "type") && object.get("type").getAsString().equals(type)
                || has(object, "decoders") && mentions(object.get("decoders"), type);
    }

    // ---- fields

    private int id(JsonElement value, String of) {
        if (value == null || !value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber())
            throw broken(of + " has no id");
        double id = value.getAsDouble();
        if (id != Math.rint(id) || id < 0 || id >= MAX_IDS) throw broken(of + " has the id " + value);
        return (int) id;
    }

    private JsonObject object(JsonObject of, String name) {
        if (!has(of, name) || !of.get(name).isJsonObject()) throw broken("it has no \"" + name + "\"");
        return of.getAsJsonObject(name);
    }

    private JsonArray array(JsonObject of, String name) {
        if (!of.get(name).isJsonArray()) throw broken("\"" + name + "\" is no array");
        return of.getAsJsonArray(name);
    }

    private String text(JsonObject of, String name) {
        if (!has(of, name) || !of.get(name).isJsonPrimitive()) throw broken("\"" + name + "\" is no text");
        return of.get(name).getAsString();
    }

    private static boolean flag(JsonObject of, String name) { return has(of, name) && of.get(name).getAsBoolean(); }

    private static boolean has(JsonObject of, String name) { return of.has(name) && !of.get(name).isJsonNull(); }

    private TokenizerException broken(String problem) { return new TokenizerException(origin, problem); }
}
