package org.tornadolens.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Writes a byte-level byte-pair tokenizer that is stored in another way as a Hugging Face {@code tokenizer.json}. */
final class ByteLevelJson {

    private ByteLevelJson() {}

    /**
     * @param vocabulary ids by token, in the characters of {@link ByteAlphabet}
     * @param merges     pairs of tokens, in the order in which they are merged
     * @param bos        the token in front of every text
     */
    static JsonObject of(Map<String, Integer> vocabulary, List<List<String>> merges, Split split,
            List<AddedToken> added, OptionalInt bos) {
        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        JsonArray tokens = new JsonArray();
        added.forEach(token -> tokens.add(of(token)));
        json.add("added_tokens", tokens);
        if (split == Split.QWEN_2) json.add("normalizer", typed("NFC"));
        json.add("pre_tokenizer", preTokenizer(split));
        bos.ifPresent(id -> json.add("post_processor", inFront(id, added)));
        json.add("decoder", byteLevel());
        JsonObject model = typed("BPE");
        model.addProperty("ignore_merges", split.ignoresMerges());
        JsonObject ids = new JsonObject();
        vocabulary.forEach(ids::addProperty);
        model.add("vocab", ids);
        JsonArray pairs = new JsonArray(merges.size());
        for (List<String> merge : merges) pairs.add(array(merge));
        model.add("merges", pairs);
        json.add("model", model);
        return json;
    }

    static JsonObject of(AddedToken token) {
        JsonObject json = new JsonObject();
        json.addProperty("id", token.id());
        json.addProperty("content", token.text());
        json.addProperty("single_word", token.singleWord());
        json.addProperty("lstrip", token.leftStrip());
        json.addProperty("rstrip", token.rightStrip());
        json.addProperty("normalized", token.normalized());
        json.addProperty("special", token.special());
        return json;
    }

    private static JsonObject preTokenizer(Split split) {
        JsonArray steps = new JsonArray();
        for (String pattern : split.patterns()) {
            JsonObject step = typed("Split"), regex = new JsonObject();
            regex.addProperty("Regex", pattern);
            step.add("pattern", regex);
            step.addProperty("behavior", "Isolated");
            step.addProperty("invert", false);
            steps.add(step);
        }
        steps.add(byteLevel());
        JsonObject sequence = typed("Sequence");
        sequence.add("pretokenizers", steps);
        return sequence;
    }

    private static JsonObject byteLevel() {
        JsonObject json = typed("ByteLevel");
        json.addProperty("add_prefix_space", false);
        json.addProperty("trim_offsets", true);
        json.addProperty("use_regex", false);
        return json;
    }

    /** A post-processor that puts a token in front of every text. */
    private static JsonObject inFront(int id, List<AddedToken> added) {
        String text = added.stream().filter(token -> token.id() == id).findFirst().orElseThrow().text();
        JsonObject token = new JsonObject(), special = new JsonObject(), sequence = new JsonObject();
        special.addProperty("id", text);
        special.addProperty("type_id", 0);
        token.add("SpecialToken", special);
        JsonObject of = new JsonObject();
        of.addProperty("id", "A");
        of.addProperty("type_id", 0);
        sequence.add("Sequence", of);
        JsonArray single = new JsonArray(), pair = new JsonArray();
        single.add(token);
        single.add(sequence);
        pair.addAll(single.deepCopy());
        JsonObject second = sequence.deepCopy();
        second.getAsJsonObject("Sequence").addProperty("id", "B");
        second.getAsJsonObject("Sequence").addProperty("type_id", 1);
        pair.add(second);
        JsonObject ids = new JsonObject(), entry = new JsonObject(), template = typed("TemplateProcessing");
        entry.addProperty("id", text);
        JsonArray one = new JsonArray();
        one.add(id);
        entry.add("ids", one);
        entry.add("tokens", array(List.of(text)));
        ids.add(text, entry);
        template.add("single", single);
        template.add("pair", pair);
        template.add("special_tokens", ids);
        return template;
    }

    private static JsonObject typed(String type) {
        JsonObject json = new JsonObject();
        json.addProperty("type", type);
        return json;
    }

    private static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray(texts.size());
        texts.forEach(array::add);
        return array;
    }
}
