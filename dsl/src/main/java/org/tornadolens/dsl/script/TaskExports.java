package org.tornadolens.dsl.script;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.training.Batch;
import org.tornadolens.training.corpus.Document;
import org.tornadolens.training.corpus.Documents;
import org.tornadolens.training.corpus.Drawn;
import org.tornadolens.training.corpus.Kind;
import org.tornadolens.training.corpus.Split;
import org.tornadolens.training.task.BinaryOperation;
import org.tornadolens.training.task.Task;
import org.tornadolens.training.task.Tasks;

/** Behind {@code tasks.js}: what small models can learn. */
public final class TaskExports {

    @HostAccess.Export public Task modular(String sign, int modulus, double share, double seed) {
        return BinaryOperation.modular(sign, modulus, share, (long) seed);
    }

    @HostAccess.Export public Task group(String name, double share, double seed) {
        return BinaryOperation.group(name, share, (long) seed);
    }

    @HostAccess.Export public Task dyck(int kinds, int length, int depth) { return Tasks.dyck(kinds, length, depth); }

    @HostAccess.Export public Task reversal(int letters, int length) { return Tasks.reversal(letters, length); }

    @HostAccess.Export public Task copying(int letters, int length) { return Tasks.copying(letters, length); }

    @HostAccess.Export public Task sorting(int letters, int length) { return Tasks.sorting(letters, length); }

    @HostAccess.Export public Task induction(int letters, int length) { return Tasks.induction(letters, length); }

    @HostAccess.Export public Task recall(int keys, int values, int pairs) { return Tasks.recall(keys, values, pairs); }

    @HostAccess.Export public String name(Task task) { return task.name(); }

    /** The words, whose ids begin at {@link #firstWord}. */
    @HostAccess.Export public String[] words(Task task) {
        return task.vocabulary().words().toArray(String[]::new);
    }

    @HostAccess.Export public int firstWord(Task task) { return task.vocabulary().id(0); }

    @HostAccess.Export public int size(Task task) { return task.vocabulary().size(); }

    @HostAccess.Export public int length(Task task) { return task.length(); }

    /** null where the positions that count differ from row to row. */
    @HostAccess.Export public int[] at(Task task) {
        return task.at().map(at -> at.stream().mapToInt(Integer::intValue).toArray()).orElse(null);
    }

    @HostAccess.Export public Tokens rows(Task task, boolean heldOut, int rows, double seed) {
        return batch(task, heldOut, rows, seed).tokens();
    }

    @HostAccess.Export public double accuracy(Task task, Model model, boolean heldOut, int rows, double seed) {
        return Task.accuracy(model, batch(task, heldOut, rows, seed));
    }

    @HostAccess.Export public double loss(Task task, Model model, boolean heldOut, int rows, double seed) {
        return Task.loss(model, batch(task, heldOut, rows, seed));
    }

    // ---- the corpus of the bundled model

    /** @param shares kinds of text and their shares of the documents, one after the other */
    @HostAccess.Export public Documents corpus(Model model, Value shares, double answer, double free, int tokens) {
        Map<Kind, Integer> byKind = new EnumMap<>(Kind.class);
        for (long i = 0; i < shares.getArraySize(); i += 2)
            byKind.put(kind(shares.getArrayElement(i).asString()), shares.getArrayElement(i + 1).asInt());
        return new Documents(model.checkpoint().tokenizer(), byKind, new Documents.Weighting(answer, free), tokens);
    }

    @HostAccess.Export public String[] pieces(Documents corpus) { return corpus.vocabulary().toArray(String[]::new); }

    @HostAccess.Export public String[] kinds() {
        return Arrays.stream(Kind.values()).map(Kind::label).toArray(String[]::new);
    }

    /** Documents of a kind, or of the mixture: for each its kind, topic, text, prompt, answer, wrong answers, ids and how many of these are free. */
    @HostAccess.Export public ProxyArray documents(Documents corpus, String kind, boolean heldOut, int count,
            double seed) {
        Optional<Kind> only = Optional.ofNullable(kind).map(TaskExports::kind);
        return ProxyArray.fromList(corpus.documents(only, heldOut ? Split.HELDOUT : Split.TRAIN, count, (long) seed)
                .stream().map(drawn -> described(corpus, drawn)).toList());
    }

    private static Object described(Documents corpus, Drawn drawn) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("kind", drawn.kind().label());
        switch (drawn.document()) {
            case Document.Prose prose -> facts.put("text", prose.text());
            case Document.Question question -> {
                facts.put("text", question.text());
                facts.put("topic", question.topic());
                facts.put("prompt", question.prompt());
                facts.put("answer", question.answer());
                facts.put("wrong", ProxyArray.fromList(List.<Object>copyOf(question.wrong())));
            }
            case Document.Tokens tokens -> facts.put("free", tokens.free());
        }
        facts.put("ids", corpus.row(drawn).ids());
        return ProxyObject.fromMap(facts);
    }

    private static Kind kind(String label) {
        List<String> labels = Arrays.stream(Kind.values()).map(Kind::label).toList();
        if (!labels.contains(label)) throw new UsageException(Nearest.message("kind of text", label, labels));
        return Kind.of(label);
    }

    private static Batch batch(Task task, boolean heldOut, int rows, double seed) {
        SplittableRandom random = new SplittableRandom((long) seed);
        return heldOut ? task.heldOut(random, rows) : task.next(random, rows);
    }
}
