package org.tornadolens.model;

import java.util.BitSet;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.tokenizer.Piece;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * Rows of random ordinary tokens (no control, byte or unknown pieces), each row a repeated sequence, as used to detect
 * induction heads. Within one copy no token occurs twice if the vocabulary is large enough.
 *
 * @param tokens [batch, start + period · copies]
 * @param start  position of the first copy: 1 after a BOS, otherwise 0
 * @param period length of one copy
 * @param copies number of copies in a row
 */
public record RandomTokens(Tokens tokens, int start, int period, int copies) {

    /**
     * Draws random tokens.
     *
     * @param bos whether every row starts with a BOS, if the model's texts do
     */
    public static RandomTokens of(Model model, int batch, int length, int copies, long seed, boolean bos) {
        if (batch < 1 || length < 1 || copies < 1) {
            throw new UsageException("random tokens: batch " + batch + ", length " + length + " and repeat " + copies
                    + " must each be at least 1");
        }
        int[] ordinary = ordinary(model);
        OptionalInt first = bos ? bos(model) : OptionalInt.empty();
        int start = first.isPresent() ? 1 : 0;
        int row = Math.addExact(start, Math.multiplyExact(length, copies));
        int[] ids = new int[Math.multiplyExact(batch, row)];
        SplittableRandom random = new SplittableRandom(seed);
        for (int b = 0; b < batch; b++) {
            if (first.isPresent()) ids[b * row] = first.getAsInt();
            int[] once = draw(ordinary, length, random);
            for (int copy = 0; copy < copies; copy++)
                System.arraycopy(once, 0, ids, b * row + start + copy * length, length);
        }
        return new RandomTokens(new Tokens(ids, new int[batch]), start, length, copies);
    }

    /** Returns the token that rows begin with: that of the model's texts, or the configuration's if it reads none. */
    public static OptionalInt bos(Model model) {
        return tokenizes(model) ? TextTokens.bos(model) : model.configuration().bos();
    }

    private static boolean tokenizes(Model model) {
        return !(model.checkpoint().tokenizer() instanceof TokenizerSource.None);
    }

    private static int[] ordinary(Model model) {
        Configuration configuration = model.configuration();
        if (tokenizes(model)) {
            Tokenizer tokenizer = model.tokenizer();
            return IntStream.range(0, Math.min(tokenizer.size(), configuration.dVocab()))
                    .filter(id -> tokenizer.type(id) == Piece.Type.NORMAL
                            || tokenizer.type(id) == Piece.Type.USER_DEFINED)
                    .toArray();
        }
        // By SentencePiece's convention, ids 0 to 2 are unknown, BOS and EOS.
        return IntStream.range(Math.min(3, configuration.dVocab() - 1), configuration.dVocab())
                .filter(id -> id != configuration.bos().orElse(-1) && !configuration.eos().contains(id)).toArray();
    }

    private static int[] draw(int[] from, int count, SplittableRandom random) {
        if (from.length == 0) throw new UsageException("this model has no ordinary tokens to draw from");
        if (count > from.length)
            return IntStream.generate(() -> from[random.nextInt(from.length)]).limit(count).toArray();
        int[] drawn = new int[count];
        BitSet taken = new BitSet(from.length);
        for (int i = 0; i < count; i++) {
            // Floyd's algorithm: a sample without repetition with one draw per element
            int last = from.length - count + i;
            int choice = random.nextInt(last + 1);
            if (taken.get(choice)) choice = last;
            taken.set(choice);
            drawn[i] = from[choice];
        }
        shuffle(drawn, random);
        return drawn;
    }

    private static void shuffle(int[] values, SplittableRandom random) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }
}
