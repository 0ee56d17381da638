package org.tornadolens.training.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.training.task.DrawnTask.Row;

/** Tasks whose rows are drawn at random; for tables of operations see {@link BinaryOperation}. */
public final class Tasks {

    private static final List<String> BRACKETS = List.of("(", ")", "[", "]", "{", "}", "<", ">");
    private static final String SEPARATOR = "|";

    private Tasks() {}

    /** {@code <s> a b c | c b a} */
    public static Task reversal(int letters, int length) {
        return sequence("reversal", letters, length,
                x -> IntStream.range(0, x.length).map(i -> x[x.length - 1 - i]).toArray());
    }

    /** {@code <s> a b c | a b c} */
    public static Task copying(int letters, int length) {
        return sequence("copying", letters, length, x -> x);
    }

    /** {@code <s> c a b | a b c} */
    public static Task sorting(int letters, int length) {
        return sequence("sorting", letters, length, x -> Arrays.stream(x).sorted().toArray());
    }

    private static Task sequence(String name, int letters, int length, UnaryOperator<int[]> answer) {
        atLeast(name, "letters", letters, 2);
        atLeast(name, "length", length, 2);
        refuseFew(name, Math.pow(letters, length));
        List<String> words = letters(letters);
        words.add(SEPARATOR);
        Vocabulary vocabulary = new Vocabulary(words);
        List<Integer> at = IntStream.range(length + 1, 2 * length + 1).boxed().toList();
        return new DrawnTask(name, vocabulary, 2 * length + 2, Optional.of(at), random -> {
            int[] x = random.ints(length, 0, letters).toArray(), y = answer.apply(x), ids = new int[2 * length + 2];
            ids[0] = Vocabulary.BOS;
            for (int i = 0; i < length; i++) ids[1 + i] = vocabulary.id(x[i]);
            ids[length + 1] = vocabulary.id(SEPARATOR);
            for (int i = 0; i < length; i++) ids[length + 2 + i] = vocabulary.id(y[i]);
            return Row.of(ids, at);
        });
    }

    /**
     * Balanced brackets of several kinds (Dyck words): {@code <s> ( [ ] ) { }}. The predictions of closing brackets
     * count. Where a bracket may open or close, both are equally probable.
     */
    public static Task dyck(int kinds, int length, int depth) {
        if (kinds < 1 || kinds > BRACKETS.size() / 2)
            throw new UsageException("dyck: kinds must be 1 to " + BRACKETS.size() / 2 + ", not " + kinds);
        atLeast("dyck", "depth", depth, 1);
        if (length < 2 || length % 2 != 0)
            throw new UsageException("dyck: length must be an even number of brackets, at least 2, not " + length);
        refuseFew("dyck", Math.pow(kinds, length / 2) * (depth > 1 ? Math.pow(2, length / 2 - 1) : 1));
        Vocabulary vocabulary = new Vocabulary(BRACKETS.subList(0, 2 * kinds));
        return new DrawnTask("dyck", vocabulary, length + 1, Optional.empty(), random -> {
            int[] ids = new int[length + 1], open = new int[depth];
            boolean[] counts = new boolean[length + 1];
            ids[0] = Vocabulary.BOS;
            int level = 0;
            for (int i = 1; i <= length; i++) {
                int remaining = length - i + 1;
                boolean opens = level == 0 || level < depth && level < remaining && random.nextBoolean();
                if (opens) {
                    open[level] = random.nextInt(kinds);
                    ids[i] = vocabulary.id(2 * open[level++]);
                } else {
                    ids[i] = vocabulary.id(2 * open[--level] + 1);
                    counts[i - 1] = true;
                }
            }
            return new Row(ids, counts, Arrays.stream(ids).boxed().toList());
        });
    }

    /**
     * {@code <s> q f a q f a}: random tokens, repeated; the predictions in the repetition count (Olsson et al. 2022).
     */
    public static Task induction(int letters, int length) {
        atLeast("induction", "letters", letters, 2);
        atLeast("induction", "length", length, 2);
        refuseFew("induction", Math.pow(letters, length));
        Vocabulary vocabulary = new Vocabulary(letters(letters));
        // the first token of the repetition cannot be predicted
        List<Integer> at = IntStream.range(length + 1, 2 * length).boxed().toList();
        return new DrawnTask("induction", vocabulary, 2 * length + 1, Optional.of(at), random -> {
            int[] ids = new int[2 * length + 1];
            ids[0] = Vocabulary.BOS;
            for (int i = 1; i <= length; i++) ids[i + length] = ids[i] = vocabulary.id(random.nextInt(letters));
            return Row.of(ids, at);
        });
    }

    /** {@code <s> a 3 f 7 c 1 ? f 7}: pairs of a key and a value, then one of the keys; its value counts. */
    public static Task recall(int keys, int values, int pairs) {
        atLeast("recall", "pairs", pairs, 1);
        atLeast("recall", "keys", keys, pairs);
        atLeast("recall", "values", values, 2);
        refuseFew("recall", Math.pow((double) keys * values, pairs));
        List<String> words = letters(keys);
        for (int i = 0; i < values; i++) words.add(Integer.toString(i));
        words.add("?");
        Vocabulary vocabulary = new Vocabulary(words);
        List<Integer> at = List.of(2 * pairs + 2);
        return new DrawnTask("recall", vocabulary, 2 * pairs + 4, Optional.of(at), random -> {
            int[] ids = new int[2 * pairs + 4], chosen = distinct(random, keys, pairs);
            ids[0] = Vocabulary.BOS;
            for (int i = 0; i < pairs; i++) {
                ids[1 + 2 * i] = vocabulary.id(chosen[i]);
                ids[2 + 2 * i] = vocabulary.id(keys + random.nextInt(values));
            }
            int asked = random.nextInt(pairs);
            ids[2 * pairs + 1] = vocabulary.id("?");
            ids[2 * pairs + 2] = ids[1 + 2 * asked];
            ids[2 * pairs + 3] = ids[2 + 2 * asked];
            return Row.of(ids, at);
        });
    }

    private static int[] distinct(SplittableRandom random, int n, int count) {
        int[] all = IntStream.range(0, n).toArray();
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i, n), kept = all[i];
            all[i] = all[other];
            all[other] = kept;
        }
        return Arrays.copyOf(all, count);
    }

    /** a … z, a1 … z1, a2 … */
    private static List<String> letters(int count) {
        List<String> letters = new ArrayList<>();
        for (int i = 0; i < count; i++) letters.add((char) ('a' + i % 26) + (i < 26 ? "" : Integer.toString(i / 26)));
        return letters;
    }

    private static void atLeast(String task, String what, int value, int least) {
        if (value < least)
            throw new UsageException(task + ": " + what + " must be at least " + least + ", not " + value);
    }

    /** Rejects sizes with so few different rows that none might be held out. */
    private static void refuseFew(String task, double rows) {
        if (rows < 64)
            throw new UsageException(task + ": these sizes give " + (long) rows
                    + " different rows, too few to hold some out; at least 64 are needed");
    }
}
