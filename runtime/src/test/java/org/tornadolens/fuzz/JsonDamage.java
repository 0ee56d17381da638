package org.tornadolens.fuzz;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.internal.LazilyParsedNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes to a sound JSON text by its tokens: what a damaged byte rarely reaches. */
final class JsonDamage {

    private static final String[] NUMBERS = {"-1", "0", "1", "2147483647", "2147483648", "-2147483648",
            "9223372036854775807", "9223372036854775808", "1e400", "-1e400", "1e-400", "0.5", "4096.0", "1e9", "NaN",
            "1" + "0".repeat(400)};
    private static final String[] TEXTS = {"", "\0", "\u001b[2J", "a".repeat(5000), "\ud800", "../../etc/passwd",
            "/dev/zero", "model.safetensors", "{{ x }}", "\u202e", "BPE", "true"};

    private JsonDamage() {}

    static String of(String sound, Random random) {
        if (random.nextInt(12) == 0) return written(sound, random);
        JsonElement root = JsonParser.parseString(sound);
        for (int times = 1 + random.nextInt(3); times > 0; times--) change(root, random);
        return root.toString();
    }

    /** Texts that no tree is written as. */
    private static String written(String sound, Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> "[".repeat(1 + random.nextInt(20_000));
            case 1 -> "{\"a\":".repeat(1 + random.nextInt(5_000)) + "1";
            case 2 -> sound.substring(0, random.nextInt(sound.length()));
            case 3 -> sound + "]";
            default -> sound.replaceFirst("\\{", "{\"" + "x".repeat(random.nextInt(100)) + "\":1,\"x\":1,\"x\":2,");
        };
    }

    private static void change(JsonElement root, Random random) {
        List<JsonElement> holders = new ArrayList<>();
        collect(root, holders);
        JsonElement holder = holders.get(random.nextInt(holders.size()));
        if (holder instanceof JsonArray array && !array.isEmpty()) {
            int at = random.nextInt(array.size());
            switch (random.nextInt(3)) {
                case 0 -> array.remove(at);
                case 1 -> array.add(array.get(random.nextInt(array.size())).deepCopy());
                default -> array.set(at, other(array.get(at), random));
            }
        } else if (holder instanceof JsonObject object && object.size() > 0) {
            List<String> names = List.copyOf(object.keySet());
            String name = names.get(random.nextInt(names.size()));
            switch (random.nextInt(4)) {
                case 0 -> object.remove(name);
                case 1 -> object.add(TEXTS[random.nextInt(TEXTS.length)], object.get(name).deepCopy());
                default -> object.add(name, other(object.get(name), random));
            }
        }
    }

    /** Objects and arrays; of a large array a few of its elements. */
    private static void collect(JsonElement element, List<JsonElement> holders) {
        if (element instanceof JsonObject object) {
            holders.add(object);
            object.asMap().values().stream().limit(8).forEach(each -> collect(each, holders));
        } else if (element instanceof JsonArray array) {
            holders.add(array);
            array.asList().stream().limit(8).forEach(each -> collect(each, holders));
        }
    }

    private static JsonElement other(JsonElement value, Random random) {
        return switch (random.nextInt(value.isJsonPrimitive() ? 5 : 8)) {
            case 0, 1 -> number(random);
            case 2 -> new JsonPrimitive(TEXTS[random.nextInt(TEXTS.length)]);
            case 3 -> new JsonPrimitive(random.nextBoolean());
            case 4 -> JsonNull.INSTANCE;
            case 5 -> new JsonArray();
            case 6 -> new JsonObject();
            default -> {
                JsonArray nested = new JsonArray();
                nested.add(value.deepCopy());
                yield nested;
            }
        };
    }

    private static JsonElement number(Random random) {
        String text = NUMBERS[random.nextInt(NUMBERS.length)];
        return new JsonPrimitive(new LazilyParsedNumber(text));
    }
}
