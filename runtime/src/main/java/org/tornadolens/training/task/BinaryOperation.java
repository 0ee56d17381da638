package org.tornadolens.training.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.function.IntBinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.model.Tokens;
import org.tornadolens.training.Batch;
import org.tornadolens.training.corpus.Draw;

/**
 * The task {@code a b = c} for pairs of elements, some of which are held out: the setting in which models first
 * memorise and later generalise, called grokking (Power et al. 2022; Nanda et al. 2023).
 */
public final class BinaryOperation implements Task {

    private static final int LENGTH = 4;
    private static final List<Integer> ANSWER = List.of(2);

    private final String name;
    private final Vocabulary vocabulary;
    private final int elements;
    private final int[][] training, heldOut;

    /**
     * @param elements  the word of each element
     * @param operation maps two indices of elements to the index of the result
     * @param share     the fraction of pairs for training
     * @param seed      determines these pairs
     */
    public BinaryOperation(String name, List<String> elements, IntBinaryOperator operation, double share, long seed) {
        if (!(share > 0 && share < 1))
            throw new UsageException(
                    name + ": the share of pairs for training must be between 0 and 1, not " + share);
        this.name = name;
        this.elements = elements.size();
        List<String> words = new ArrayList<>(elements);
        words.add("=");
        vocabulary = new Vocabulary(words);
        int n = elements.size();
        List<Integer> pairs = new Draw(seed).shuffled(IntStream.range(0, n * n).boxed().toList());
        int count = (int) Math.clamp(Math.round(share * n * n), 1, n * n - 1);
        int[][] rows = pairs.stream().map(pair -> row(pair / n, pair % n, operation.applyAsInt(pair / n, pair % n)))
                .toArray(int[][]::new);
        training = Arrays.copyOf(rows, count);
        heldOut = Arrays.copyOfRange(rows, count, rows.length);
    }

    private int[] row(int a, int b, int c) {
        return new int[]{vocabulary.id(a), vocabulary.id(b), vocabulary.id("="), vocabulary.id(c)};
    }

    /** Returns the task a + b, a - b or a · b modulo a number. */
    public static BinaryOperation modular(String sign, int modulus, double share, long seed) {
        if (modulus < 2) throw new UsageException("the modulus must be at least 2, not " + modulus);
        IntBinaryOperator operation = switch (sign) {
            case "+" -> (a, b) -> (a + b) % modulus;
            case "-" -> (a, b) -> (a - b + modulus) % modulus;
            case "*" -> (a, b) -> (int) ((long) a * b % modulus);
            default -> throw new UsageException("the modular operations are +, - and *, not " + sign);
        };
        return new BinaryOperation("modular " + sign + " " + modulus,
                IntStream.range(0, modulus).mapToObj(Integer::toString).toList(), operation, share, seed);
    }

    /**
     * Returns the task of multiplication in a group: {@code S4} is the group of permutations of 4 elements, {@code D5}
     * of the symmetries of a regular pentagon, {@code C7} of the rotations of a heptagon. In a product a b, b is
     * applied first.
     */
    public static BinaryOperation group(String name, double share, long seed) {
        List<List<Integer>> elements = new ArrayList<>(permutations(name));
        String separator = elements.getFirst().size() > 10 ? "," : "";
        List<String> words = elements.stream()
                .map(p -> p.stream().map(String::valueOf).collect(Collectors.joining(separator))).toList();
        IntBinaryOperator product =
                (a, b) -> elements.indexOf(elements.get(b).stream().map(elements.get(a)::get).toList());
        return new BinaryOperation("group " + name, words, product, share, seed);
    }

    /** Returns the elements as permutations, the identity first. */
    private static List<List<Integer>> permutations(String name) {
        if (!name.matches("[SDC]\\d{1,2}"))
            throw new UsageException(
                    "the name of a group is S, D or C and a number, such as S4, D5 or C7, not \"" + name + "\"");
        int n = Integer.parseInt(name.substring(1));
        boolean symmetric = name.charAt(0) == 'S';
        if (n < 2 || symmetric && n > 6)
            throw new UsageException(name + ": the number must be " + (symmetric ? "2 to 6" : "at least 2"));
        if (symmetric) return orders(IntStream.range(0, n).boxed().toList());
        List<List<Integer>> all = new ArrayList<>();
        for (int turn = 0; turn < n; turn++) {
            int by = turn;
            all.add(IntStream.range(0, n).mapToObj(i -> (i + by) % n).toList());
        }
        if (name.charAt(0) == 'D') {
            for (int turn = 0; turn < n; turn++) {
                int by = turn;
                all.add(IntStream.range(0, n).mapToObj(i -> Math.floorMod(by - i, n)).toList());
            }
        }
        return all.stream().distinct().toList();
    }

    private static List<List<Integer>> orders(List<Integer> elements) {
        if (elements.isEmpty()) return List.of(List.of());
        List<List<Integer>> all = new ArrayList<>();
        for (Integer first : elements) {
            for (List<Integer> rest : orders(elements.stream().filter(e -> !e.equals(first)).toList())) {
                List<Integer> order = new ArrayList<>(List.of(first));
                order.addAll(rest);
                all.add(order);
            }
        }
        return all;
    }

    @Override public String name() { return name; }

    @Override public Vocabulary vocabulary() { return vocabulary; }

    @Override public int length() { return LENGTH; }

    @Override public OptionalInt bos() { return OptionalInt.empty(); }

    @Override public Optional<List<Integer>> at() { return Optional.of(ANSWER); }

    /** Returns the number of elements. */
    public int elements() { return elements; }

    /** Draws pairs at random; returns all of them if at least as many are requested. */
    @Override public Batch next(SplittableRandom random, int rows) {
        return draw(training, random, rows);
    }

    @Override public Batch heldOut(SplittableRandom random, int rows) { return draw(heldOut, random, rows); }

    private static Batch draw(int[][] from, SplittableRandom random, int rows) {
        List<int[]> chosen = new ArrayList<>();
        if (rows >= from.length) chosen.addAll(List.of(from));
        else for (int i = 0; i < rows; i++) chosen.add(from[random.nextInt(from.length)]);
        float[] weights = new float[chosen.size() * LENGTH];
        for (int row = 0; row < chosen.size(); row++) weights[row * LENGTH + ANSWER.getFirst()] = 1;
        return new Batch(Tokens.of(chosen), Optional.of(weights));
    }
}
