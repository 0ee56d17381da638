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

/** Behind {@code tasks.js}: tasks for small models, and the corpus of the bundled model. */
public final class TaskExports {

    /** @param share of the pairs, for training */
    record ModularRequest(int modulus, String operation, double share, double seed) {}

    @HostAccess.Export public Task modular(Value request) {
        ModularRequest asked = Requests.read(request, ModularRequest.class);
        return BinaryOperation.modular(asked.operation(), asked.modulus(), asked.share(), (long) asked.seed());
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

    /** The positions that count; null if they differ from row to row. */
    @HostAccess.Export public int[] at(Task task) {
        return task.at().map(at -> at.stream().mapToInt(Integer::intValue).toArray()).orElse(null);
    }

    record RowsRequest(Task task, Split split, int rows, double seed) {

        Batch batch() {
            SplittableRandom random = new SplittableRandom((long) seed);
            return split == Split.HELDOUT ? task.heldOut(random, rows) : task.next(random, rows);
        }
    }

    @HostAccess.Export public Tokens rows(Value request) {
        return Requests.read(request, RowsRequest.class).batch().tokens();
    }

    record MeasureRequest(Task task, Model model, Split split, int rows, double seed) {
        Batch batch() { return new RowsRequest(task, split, rows, seed).batch(); }
    }

    @HostAccess.Export public double accuracy(Value request) {
        MeasureRequest asked = Requests.read(request, MeasureRequest.class);
        return Task.accuracy(asked.model(), asked.batch());
    }

    @HostAccess.Export public double loss(Value request) {
        MeasureRequest asked = Requests.read(request, MeasureRequest.class);
        return Task.loss(asked.model(), asked.batch());
    }

    // ---- the corpus of the bundled model

    /**
     * @param shares of the documents, by kind of text
     * @param answer weight of an answer's tokens in the loss
     * @param free   weight of a random token that nothing predicts
     * @param tokens of a batch, padding included
     */
    record CorpusRequest(Model model, Map<String, Integer> shares, double answer, double free, int tokens) {}

    @HostAccess.Export public Documents corpus(Value request) {
        CorpusRequest asked = Requests.read(request, CorpusRequest.class);
        Map<Kind, Integer> byKind = new EnumMap<>(Kind.class);
        asked.shares().forEach((label, share) -> byKind.put(kind(label), share));
        return new Documents(asked.model().checkpoint().tokenizer(), byKind,
                new Documents.Weighting(asked.answer(), asked.free()), asked.tokens());
    }

    @HostAccess.Export public String[] pieces(Documents corpus) { return corpus.vocabulary().toArray(String[]::new); }

    @HostAccess.Export public String[] kinds() {
        return Arrays.stream(Kind.values()).map(Kind::label).toArray(String[]::new);
    }

    /** @param kind of text; without one, the mixture */
    record DocumentsRequest(Documents corpus, Optional<String> kind, Split split, int count, double seed) {}

    /** The facts of each document (CorpusDocument in lens.d.ts). */
    @HostAccess.Export public ProxyArray documents(Value request) {
        DocumentsRequest asked = Requests.read(request, DocumentsRequest.class);
        Documents corpus = asked.corpus();
        Optional<Kind> only = asked.kind().map(TaskExports::kind);
        return ProxyArray.fromList(corpus.documents(only, asked.split(), asked.count(), (long) asked.seed())
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
}
