package org.tornadolens.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.tornadolens.tokenizer.ModelProto.Algorithm;
import org.tornadolens.tokenizer.ModelProto.Normalizer;

/** SentencePiece models by rules: nested pieces of every type, and maps of characters with nested and shared keys. */
public final class RandomModels {

    private static final String[] ALPHABET = {"a", "b", "c", "\u2581", "\u00e9", "\ud83d\ude00", "\ufb01", " "};

    private RandomModels() {}

    /** Returns the bytes of a tokenizer.model. */
    public static byte[] draw(Random random) {
        List<Piece> pieces = new ArrayList<>(List.of(new Piece("<unk>", 0, Piece.Type.UNKNOWN),
                new Piece("<s>", 0, Piece.Type.CONTROL), new Piece("</s>", 0, Piece.Type.CONTROL)));
        boolean bytes = random.nextInt(3) > 0;
        if (bytes) for (int i = 0; i < 256; i++) pieces.add(new Piece("<0x%02X>".formatted(i), 0, Piece.Type.BYTE));
        for (String letter : ALPHABET) if (!letter.equals(" ")) add(pieces, letter, Piece.Type.NORMAL, random);
        nest(pieces, random);
        for (int i = random.nextInt(40); i > 0; i--) {
            add(pieces, word(random, 1 + random.nextInt(8)), Piece.Type.values()[random.nextInt(30) == 0
                    ? random.nextInt(6) : 4 * random.nextInt(2) == 0 ? 0 : 3], random);
        }
        byte[] map = random.nextInt(3) == 0 ? new byte[0] : map(random);
        return new ModelProto(pieces, random.nextBoolean() ? Algorithm.BPE : Algorithm.UNIGRAM, 0, OptionalInt.of(1),
                OptionalInt.of(2), bytes, random.nextInt(6) == 0, " \u2047 ",
                new Normalizer(map, random.nextBoolean(), random.nextBoolean(), random.nextInt(6) > 0)).toBytes();
    }

    private static void nest(List<Piece> pieces, Random random) {
        Piece.Type type = List.of(Piece.Type.USER_DEFINED, Piece.Type.NORMAL, Piece.Type.UNUSED, Piece.Type.CONTROL)
                .get(random.nextInt(4));
        String start = word(random, 1 + random.nextInt(2)), letter = word(random, 1);
        for (int i = random.nextInt(120); i > 0; i--) add(pieces, start + letter.repeat(i), type, random);
    }

    private static void add(List<Piece> pieces, String text, Piece.Type type, Random random) {
        if (random.nextInt(200) > 0 && pieces.stream().anyMatch(piece -> piece.text().equals(text))) return;
        pieces.add(new Piece(text, random.nextInt(500) == 0 ? Float.NaN : -random.nextInt(100), type));
    }

    private static byte[] map(Random random) {
        CharsMapBuilder builder = new CharsMapBuilder();
        String letter = word(random, 1);
        int last = 0, nested = random.nextInt(48);
        for (int i = 1; i <= nested; i++) last = builder.put(letter.repeat(i), replacement(random));
        for (int i = random.nextInt(12); i > 0; i--)
            last = builder.put(word(random, 1 + random.nextInt(5)), replacement(random));
        byte[] map = random.nextInt(6) == 0 ? builder.build(last, 0) : builder.build();
        if (random.nextInt(4) == 0) map[random.nextInt(map.length)] ^= (byte) (1 << random.nextInt(8));
        return map;
    }

    private static String replacement(Random random) {
        return random.nextInt(10) == 0 ? "b".repeat(random.nextInt(1200)) : word(random, random.nextInt(4));
    }

    private static String word(Random random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) word.append(ALPHABET[random.nextInt(ALPHABET.length)]);
        return word.toString();
    }
}
