package org.tornadolens.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.model.Tokens;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.training.task.BinaryOperation;
import org.tornadolens.training.task.Task;
import org.tornadolens.training.task.Tasks;

class TaskTest {

    static Stream<Task> tasks() {
        return Stream.of(BinaryOperation.modular("+", 11, 0.5, 1), BinaryOperation.modular("*", 7, 0.5, 1),
                BinaryOperation.group("S4", 0.4, 1), BinaryOperation.group("D5", 0.4, 1),
                Tasks.dyck(2, 10, 4), Tasks.reversal(5, 6), Tasks.copying(5, 6), Tasks.sorting(30, 6),
                Tasks.induction(20, 7), Tasks.recall(8, 5, 3));
    }

    private static String text(Task task, int[] ids) { return Tokenizer.open(task.tokenizer()).decode(ids); }

    private static List<String> rows(Task task, Batch batch) {
        return java.util.stream.IntStream.range(0, batch.tokens().batch())
                .mapToObj(row -> text(task, batch.tokens().row(row))).toList();
    }

    @ParameterizedTest
    @MethodSource("tasks") void noRowIsBothLearntAndHeldOut(Task task) {
        Set<String> training = new HashSet<>(rows(task, task.next(new SplittableRandom(1), 2000)));
        Set<String> heldOut = new HashSet<>(rows(task, task.heldOut(new SplittableRandom(2), 2000)));
        assertTrue(heldOut.size() > 5);
        heldOut.retainAll(training);
        assertEquals(Set.of(), heldOut);
    }

    @ParameterizedTest
    @MethodSource("tasks") void aSeedFixesTheRows(Task task) {
        assertEquals(task.next(new SplittableRandom(5), 20).tokens(), task.next(new SplittableRandom(5), 20).tokens());
    }

    @ParameterizedTest
    @MethodSource("tasks") void rowsHaveTheTasksLengthAndGuessesThatCount(Task task) {
        Batch batch = task.next(new SplittableRandom(3), 50);
        assertEquals(task.length(), batch.tokens().length());
        float[] weights = batch.weights().orElseThrow();
        for (int row = 0; row < batch.tokens().batch(); row++) {
            float[] own = Arrays.copyOfRange(weights, row * task.length(), (row + 1) * task.length());
            List<Integer> counted =
                    java.util.stream.IntStream.range(0, own.length).filter(i -> own[i] == 1).boxed().toList();
            assertTrue(!counted.isEmpty() && counted.getLast() < task.length() - 1);
            task.at().ifPresent(at -> assertEquals(at, counted));
            for (int id : batch.tokens().row(row)) assertTrue(id > 0 && id < task.vocabulary().size());
        }
    }

    @ParameterizedTest
    @MethodSource("tasks") void textBecomesTheSameTokens(Task task) {
        Tokens tokens = task.next(new SplittableRandom(4), 3).tokens();
        for (int row = 0; row < 3; row++) {
            int[] ids = tokens.row(row), words = task.bos().isPresent() ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
            assertArrayEquals(words, Tokenizer.open(task.tokenizer()).encode(text(task, ids)));
        }
    }

    @Test void answersAreRight() {
        for (String row : rows(BinaryOperation.modular("-", 11, 0.5, 1),
                BinaryOperation.modular("-", 11, 0.5, 1).next(new SplittableRandom(1), 30))) {
            int[] numbers = Arrays.stream(row.replace("= ", "").split(" ")).mapToInt(Integer::parseInt).toArray();
            assertEquals(Math.floorMod(numbers[0] - numbers[1], 11), numbers[2], row);
        }
        each(Tasks.reversal(5, 4), row -> assertEquals(row.split(" \\| ")[0],
                new StringBuilder(row.split(" \\| ")[1]).reverse().toString()));
        each(Tasks.copying(5, 4), row -> assertEquals(row.split(" \\| ")[0], row.split(" \\| ")[1]));
        each(Tasks.sorting(5, 4),
                row -> assertEquals(
                        Arrays.stream(row.split(" \\| ")[0].split(" ")).sorted().collect(Collectors.joining(" ")),
                        row.split(" \\| ")[1]));
        each(Tasks.induction(9, 4), row -> assertEquals(row.substring(0, 7), row.substring(8)));
        each(Tasks.recall(8, 5, 3), row -> {
            String[] words = row.split(" ");
            int key = List.of(words).indexOf(words[7]);
            assertEquals("?", words[6]);
            assertEquals(words[key + 1], words[8]);
        });
    }

    private static void each(Task task, java.util.function.Consumer<String> claim) {
        rows(task, task.next(new SplittableRandom(1), 30)).forEach(claim);
        rows(task, task.heldOut(new SplittableRandom(1), 30)).forEach(claim);
    }

    @Test void bracketsCloseWhatWasOpenedAndNoDeeperThanAllowed() {
        for (String row : rows(Tasks.dyck(3, 12, 3), Tasks.dyck(3, 12, 3).next(new SplittableRandom(1), 100))) {
            StringBuilder open = new StringBuilder();
            for (String bracket : row.split(" ")) {
                int kind = "([{".indexOf(bracket);
                if (kind >= 0) open.append(")]}".charAt(kind));
                else {
                    assertEquals(bracket, open.substring(open.length() - 1), row);
                    open.setLength(open.length() - 1);
                }
                assertTrue(open.length() <= 3, row);
            }
            assertEquals(0, open.length(), row);
        }
    }

    /** Every entry of the table occurs exactly once, in training or held out; and the product is that of a group. */
    @Test void aGroupsTableIsWholeAndAGroup() {
        for (String name : List.of("S4", "D5", "C7")) {
            BinaryOperation group = BinaryOperation.group(name, 0.4, 1);
            int n = group.elements();
            assertEquals(switch (name) {
                case "S4" -> 24;
                case "D5" -> 10;
                default -> 7;
            }, n);
            int[][] product = new int[n][n];
            for (int[] row : product) Arrays.fill(row, -1);
            int count = 0;
            for (Tokens tokens : List.of(group.next(new SplittableRandom(1), n * n).tokens(),
                    group.heldOut(new SplittableRandom(1), n * n).tokens())) {
                count += tokens.batch();
                for (int row = 0; row < tokens.batch(); row++)
                    product[tokens.id(row, 0) - 2][tokens.id(row, 1) - 2] = tokens.id(row, 3) - 2;
            }
            assertEquals(n * n, count);
            for (int a = 0; a < n; a++) {
                assertEquals(a, product[0][a], "the first element is the identity");
                assertEquals(n, Arrays.stream(product[a]).distinct().count());
                for (int b = 0; b < n; b++)
                    for (int c = 0; c < n; c++) assertEquals(product[product[a][b]][c], product[a][product[b][c]]);
            }
        }
    }

    @Test void sizesThatCannotBeAreRefused() {
        for (org.junit.jupiter.api.function.Executable wrong : List.<org.junit.jupiter.api.function.Executable>of(
                () -> BinaryOperation.modular("/", 5, 0.5, 0), () -> BinaryOperation.modular("+", 1, 0.5, 0),
                () -> BinaryOperation.modular("+", 5, 1, 0),
                () -> BinaryOperation.group("Q8", 0.5, 0), () -> BinaryOperation.group("S9", 0.5, 0),
                () -> Tasks.dyck(5, 8, 3), () -> Tasks.dyck(1, 7, 3), () -> Tasks.dyck(1, 2, 1),
                () -> Tasks.copying(2, 3), () -> Tasks.recall(3, 5, 4))) {
            assertThrows(UsageException.class, wrong);
        }
    }

    @Test void aModelThatKnowsTheTaskIsAccurateAndAFreshOneIsNot() {
        Task task = Tasks.copying(4, 4);
        Configuration c = Configuration.llama(new Configuration.Blocks(2, 32, 64, 1e-5),
                new Configuration.Heads(4, 4, 8), Configuration.Context.of(task.length(), 10_000),
                new Configuration.Vocabulary(task.vocabulary().size(), false, OptionalInt.of(1), OptionalInt.empty()));
        Trainer trainer = new Trainer(c, task.tokenizer(), task,
                TrainingOptions.of(150, 64, 5e-3, 1).at(task.at().orElseThrow().toArray(Integer[]::new)));
        Batch test = task.heldOut(new SplittableRandom(9), 100);
        assertTrue(Task.accuracy(trainer.snapshot(), test) < 0.5);
        assertTrue(Task.accuracy(trainer.run(new Trainer.Listener() {}).model(), test) > 0.95);
    }
}
