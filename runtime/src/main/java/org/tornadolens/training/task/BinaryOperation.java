package org.tornadolens.training.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.model.Tokens;
import org.tornadolens.training.Batch;
import org.tornadolens.training.corpus.Draw;

/**
 * {@code a b = c} for every pair of elements, some of the pairs held out: the setting in which models memorise first and
 * generalise later (Power et al. 2022; Nanda et al. 2023).
 */
public final class BinaryOperation implements Task {

    private static final int LENGTH = 4;
    private static final List<Integer> ANSWER = List.of(2);

    private final String name;
    private final Vocabulary vocabulary;
    private final int elements;
    private final int[][] training, heldOut;

    /**
     * @param elements  the elements' words
     * @param operation of their indices
     * @param share     of the pairs, for training
     * @param seed      chooses them
     */
    public BinaryOperation(String name, List<String> elements, IntBinaryOperator operation, double share, long seed) {
        if (!(share > 0 && share < 1))
            throw new UsageException(name + ": the share of pairs to train on lies between 0 and 1, not at " + share);
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
        training = java.util.Arrays.copyOf(rows, count);
        heldOut = java.util.Arrays.copyOfRange(rows, count, rows.length);
    }

    private int[] row(int a, int b, int c) {
        return new int[]{vocabulary.id(a), vocabulary.id(b), vocabulary.id("="), vocabulary.id(c)};
    }

    /** a + b, a - b or a · b modulo a number. */
    public static BinaryOperation modular(String sign, int modulus, double share, long seed) {
        if (modulus < 2) throw new UsageException("a modulus is at least 2, not " + modulus);
        IntBinaryOperator operation = switch (sign) {
            case "+" -> (a, b) -> (a + b) % modulus;
            case "-" -> (a, b) -> (a - b + modulus) % modulus;
            case "*" -> (a, b) -> (int) ((long) a * b % modulus);
            default -> throw new UsageException("modular arithmetic knows +, - and *, not " + sign);
        };
        return new BinaryOperation("modular " + sign + " " + modulus,
                IntStream.range(0, modulus).mapToObj(Integer::toString).toList(), operation, share, seed);
    }

    /**
     * The product of a group: {@code S4} are the permutations of 4 things, {@code D5} the symmetries of a regular
     * pentagon, {@code C7} the rotations of a heptagon. b is done first, then a.
     */
    public static BinaryOperation group(String name, double share, long seed) {
        List<List<Integer>> elements = new ArrayList<>(permutations(name));
        List<String> words = elements.stream()
                .map(p -> p.stream().map(String::valueOf)
                        .collect(java.util.stream.Collectors.joining(elements.getFirst().size() > 10 ? "," : "")))
                .toList();
        IntBinaryOperator product =
                (a, b) -> elements.indexOf(elements.get(b).stream().map(elements.get(a)::get).toList());
        return new BinaryOperation("group " + name, words, product, share, seed);
    }

    /** The elements as permutations, the identity first. */
    private static List<List<Integer>> permutations(String name) {
        if (!name.matches("[SDC]\\d{1,2}"))
            throw new UsageException("a group is named S, D or C and a number, as S4, D5 or C7, not \"" + name + "\"");
        int n = Integer.parseInt(name.substring(1));
        boolean symmetric = name.charAt(0) == 'S';
        if (n < 2 || symmetric && n > 6)
            throw new UsageException(
                    name + ": " + (symmetric ? "permutations of 2 to 6 things" : "a number from 2 on") + " can be had");
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

    private static List<List<Integer>> orders(List<Integer> things) {
        if (things.isEmpty()) return List.of(List.of());
        List<List<Integer>> all = new ArrayList<>();
        for (Integer first : things) {
            for (List<Integer> rest : orders(things.stream().filter(t -> !t.equals(first)).toList())) {
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

    /** How many elements there are. */
    public int elements() { return elements; }

    /** As many pairs as are asked for, at random; all of them where that is as many as there are. */
    @Override public Batch next(SplittableRandom random, int rows) {
        return some(training, random, rows);
    }

    @Override public Batch heldOut(SplittableRandom random, int rows) { return some(heldOut, random, rows); }

    private static Batch some(int[][] from, SplittableRandom random, int rows) {
        List<int[]> chosen = new ArrayList<>();
        if (rows >= from.length) chosen.addAll(List.of(from));
        else for (int i = 0; i < rows; i++) chosen.add(from[random.nextInt(from.length)]);
        float[] weights = new float[chosen.size() * LENGTH];
        for (int row = 0; row < chosen.size(); row++) weights[row * LENGTH + ANSWER.getFirst()] = 1;
        return new Batch(Tokens.of(chosen), Optional.of(weights));
    }
}
