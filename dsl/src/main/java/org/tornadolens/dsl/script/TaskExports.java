package org.tornadolens.dsl.script;

import java.util.SplittableRandom;
import org.graalvm.polyglot.HostAccess;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.training.Batch;
import org.tornadolens.training.task.BinaryOperation;
import org.tornadolens.training.task.Task;
import org.tornadolens.training.task.Tasks;

/** Behind {@code tasks.js}: what small models can learn. */
public final class TaskExports {

    @HostAccess.Export
    public Task modular(String sign, int modulus, double share, double seed) { return BinaryOperation.modular(sign, modulus, share, (long) seed); }

    @HostAccess.Export
    public Task group(String name, double share, double seed) { return BinaryOperation.group(name, share, (long) seed); }

    @HostAccess.Export
    public Task dyck(int kinds, int length, int depth) { return Tasks.dyck(kinds, length, depth); }

    @HostAccess.Export
    public Task reversal(int letters, int length) { return Tasks.reversal(letters, length); }

    @HostAccess.Export
    public Task copying(int letters, int length) { return Tasks.copying(letters, length); }

    @HostAccess.Export
    public Task sorting(int letters, int length) { return Tasks.sorting(letters, length); }

    @HostAccess.Export
    public Task induction(int letters, int length) { return Tasks.induction(letters, length); }

    @HostAccess.Export
    public Task recall(int keys, int values, int pairs) { return Tasks.recall(keys, values, pairs); }

    @HostAccess.Export
    public String name(Task task) { return task.name(); }

    /** The words, whose ids begin at {@link #firstWord}. */
    @HostAccess.Export
    public String[] words(Task task) { return task.vocabulary().words().toArray(String[]::new); }

    @HostAccess.Export
    public int firstWord(Task task) { return task.vocabulary().id(0); }

    @HostAccess.Export
    public int size(Task task) { return task.vocabulary().size(); }

    @HostAccess.Export
    public int length(Task task) { return task.length(); }

    /** null where the positions that count differ from row to row. */
    @HostAccess.Export
    public int[] at(Task task) { return task.at().map(at -> at.stream().mapToInt(Integer::intValue).toArray()).orElse(null); }

    @HostAccess.Export
    public Tokens rows(Task task, boolean heldOut, int rows, double seed) { return batch(task, heldOut, rows, seed).tokens(); }

    @HostAccess.Export
    public double accuracy(Task task, Model model, boolean heldOut, int rows, double seed) { return Task.accuracy(model, batch(task, heldOut, rows, seed)); }

    @HostAccess.Export
    public double loss(Task task, Model model, boolean heldOut, int rows, double seed) { return Task.loss(model, batch(task, heldOut, rows, seed)); }

    private static Batch batch(Task task, boolean heldOut, int rows, double seed) {
        SplittableRandom random = new SplittableRandom((long) seed);
        return heldOut ? task.heldOut(random, rows) : task.next(random, rows);
    }
}
