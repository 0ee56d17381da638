package org.tornadolens.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.tornadolens.tokenizer.AddedToken;
import org.tornadolens.tokenizer.TokenizerSettings;

/**
 * What a Hugging Face folder says about its tokenizer beside the tokenizer itself: tokenizer_config.json,
 * special_tokens_map.json, added_tokens.json, chat_template.jinja and additional_chat_templates.
 */
final class TokenizerConfig {

    private static final String TEMPLATE = "chat_template", DEFAULT = "default";
    private static final long MAX_TEMPLATE_BYTES = 1 << 20;

    private TokenizerConfig() {}

    static TokenizerSettings beside(Path folder) {
        Optional<Json> config = read(folder.resolve("tokenizer_config.json"));
        Optional<Json> map = read(folder.resolve("special_tokens_map.json"));
        Optional<Boolean> addBos = config.filter(json -> json.has("add_bos_token"))
                .map(json -> json.flag("add_bos_token", false));
        return new TokenizerSettings(addBos, token(config, map, "bos_token"), token(config, map, "eos_token"),
                OptionalInt.empty(), OptionalInt.empty(), List.copyOf(added(folder, config, map).values()),
                templates(folder, config));
    }

    private static Optional<Json> read(Path file) {
        return Files.isRegularFile(file) ? Optional.of(Json.read(file)) : Optional.empty();
    }

    /** Returns the text of a token that is written as a string, or as an object with its content. */
    private static Optional<String> token(Optional<Json> config, Optional<Json> map, String name) {
        return config.filter(json -> json.has(name)).or(() -> map.filter(json -> json.has(name)))
                .map(json -> json.isObject(name) ? json.object(name).orElseThrow().text("content") : json.text(name));
    }

    private static Map<Integer, AddedToken> added(Path folder, Optional<Json> config, Optional<Json> map) {
        Map<Integer, AddedToken> added = new TreeMap<>();
        config.flatMap(json -> json.object("added_tokens_decoder")).ifPresent(decoder -> {
            for (String id : decoder.names()) {
                Json token = decoder.object(id).orElseThrow();
                added.put(number(decoder, id), new AddedToken(number(decoder, id), token.text("content"),
                        token.flag("special", false), token.flag("single_word", false), token.flag("lstrip", false),
                        token.flag("rstrip", false), token.flag("normalized", true)));
            }
        });
        read(folder.resolve("added_tokens.json")).ifPresent(tokens -> {
            for (String text : tokens.names()) {
                added.computeIfAbsent(tokens.integer(text),
                        id -> AddedToken.of(id, text, isSpecial(config, map, text)));
            }
        });
        return added;
    }

    private static int number(Json json, String name) {
        if (!name.matches("\\d{1,7}")) throw json.problem(name, "is not an id");
        return Integer.parseInt(name);
    }

    private static boolean isSpecial(Optional<Json> config, Optional<Json> map, String text) {
        for (String name : List.of("bos_token", "eos_token", "unk_token", "pad_token")) {
            if (token(config, map, name).filter(text::equals).isPresent()) return true;
        }
        return map.or(() -> config).filter(json -> json.has("additional_special_tokens"))
                .filter(json -> json.contents("additional_special_tokens").contains(text)).isPresent();
    }

    private static Map<String, String> templates(Path folder, Optional<Json> config) {
        Map<String, String> templates = new LinkedHashMap<>();
        config.filter(json -> json.has(TEMPLATE)).ifPresent(json -> {
            if (json.isText(TEMPLATE)) templates.put(DEFAULT, json.text(TEMPLATE));
            else for (Json each : json.objects(TEMPLATE)) templates.put(each.text("name"), each.text("template"));
        });
        Path own = folder.resolve(TEMPLATE + ".jinja"), more = folder.resolve("additional_chat_templates");
        if (Files.isRegularFile(own)) templates.put(DEFAULT, template(own));
        if (Files.isDirectory(more)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(more, "*.jinja")) {
                for (Path file : files) {
                    String name = file.getFileName().toString();
                    templates.put(name.substring(0, name.length() - ".jinja".length()), template(file));
                }
            } catch (IOException e) {
                throw new CheckpointException(more, "cannot be listed: " + e.getMessage());
            }
        }
        return templates;
    }

    private static String template(Path file) {
        try {
            if (Files.size(file) > MAX_TEMPLATE_BYTES)
                throw new CheckpointException(file, "is too large for a template");
            return Files.readString(file);
        } catch (IOException e) {
            throw new CheckpointException(file, "cannot be read: " + e.getMessage());
        }
    }
}
