package org.tornadolens.tokenizer;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The {@code tokenizer.model} of Meta's Llama 3 folders, which is tiktoken's: lines of a byte sequence in base64 and
 * its rank, which is its id. The special tokens follow; they stand in Meta's code, not in the file.
 */
final class TiktokenRanks {

    private static final int SPECIAL_TOKENS = 256;
    /** Special tokens of Llama 3.1 to 3.3 by their distance from the first; all others are reserved. */
    private static final Map<Integer, String> NAMED = Map.of(0, "<|begin_of_text|>", 1, "<|end_of_text|>",
            4, "<|finetune_right_pad_id|>", 6, "<|start_header_id|>", 7, "<|end_header_id|>", 8, "<|eom_id|>",
            9, "<|eot_id|>", 10, "<|python_tag|>");

    private TiktokenRanks() {}

    static JsonObject toJson(byte[] file, String origin) {
        List<byte[]> sequences = parse(file, origin);
        Map<String, Integer> vocabulary = LinkedHashMap.newLinkedHashMap(sequences.size());
        for (byte[] sequence : sequences) {
            if (vocabulary.putIfAbsent(ByteAlphabet.write(sequence), vocabulary.size()) != null)
                throw new TokenizerException(origin,
                        "rank " + vocabulary.size() + " is a byte sequence that occurs twice");
        }
        int first = sequences.size();
        List<AddedToken> added = new ArrayList<>();
        for (int i = 0, reserved = 0; i < SPECIAL_TOKENS; i++) {
            String name = NAMED.get(i);
            if (name == null) name = "<|reserved_special_token_" + reserved++ + "|>";
            added.add(new AddedToken(first + i, name, true, false, false, false, false));
        }
        return ByteLevelJson.of(vocabulary, merges(sequences, vocabulary), Split.LLAMA_3, added, OptionalInt.of(first));
    }

    private static List<byte[]> parse(byte[] file, String origin) {
        List<byte[]> sequences = new ArrayList<>();
        for (String line : new String(file, StandardCharsets.ISO_8859_1).split("\r?\n")) {
            int space = line.indexOf(' ');
            try {
                if (Integer.parseInt(line.substring(space + 1)) != sequences.size())
                    throw new TokenizerException(origin,
                            "line " + (sequences.size() + 1) + " is not of rank " + sequences.size());
                sequences.add(Base64.getDecoder().decode(line.substring(0, Math.max(0, space))));
            } catch (IllegalArgumentException e) {
                throw new TokenizerException(origin,
                        "line " + (sequences.size() + 1) + " is not a byte sequence in base64 and its rank", e);
            }
        }
        return sequences;
    }

    /** Returns every pair of tokens that together are a token; the token with the lower rank is merged earlier. */
    private static List<List<String>> merges(List<byte[]> sequences, Map<String, Integer> vocabulary) {
        List<List<String>> merges = new ArrayList<>();
        for (byte[] sequence : sequences) {
            String token = ByteAlphabet.write(sequence);
            List<List<String>> own = new ArrayList<>();
            for (int cut = 1; cut < token.length(); cut++) {
                String left = token.substring(0, cut), right = token.substring(cut);
                if (vocabulary.containsKey(left) && vocabulary.containsKey(right)) own.add(List.of(left, right));
            }
            own.sort(Comparator.comparing((List<String> pair) -> vocabulary.get(pair.get(0)))
                    .thenComparing(pair -> vocabulary.get(pair.get(1))));
            merges.addAll(own);
        }
        return merges;
    }
}
