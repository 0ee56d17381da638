package org.tornadolens.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Generated.Choice;
import org.tornadolens.model.Generated.Ending;
import org.tornadolens.program.Past;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tokenizer.TokenStream;

/**
 * Generates tokens one by one; each run reads the keys and values of the runs before it. Step 0 runs the prompt and
 * chooses the first new token, step n runs the n-th new token and chooses the next.
 *
 * <p>The interventions of the model apply in the steps that they name, else in every step. Positions counted from the
 * start of a row mean tokens of the prompt, positions counted from the end the newest token of each run. Data of
 * another run applies to the prompt only.
 *
 * <p>A row's tokens do not depend on the other rows: each is sampled from a random stream of its own, which the seed,
 * the row's prompt and its number among equal prompts determine.
 */
public final class Generation {

    /**
     * @param max          most tokens to generate; the context length is a further limit
     * @param stop         ids that end a row, usually the model's ends of sequence among them
     * @param stopTexts    texts that end a row as soon as its new text contains one
     * @param alternatives how many alternatives to report for each new token; absent: no probabilities are reported
     * @param keep         values of the runs to keep; kept at every position
     */
    public record Options(int max, Sampling sampling, long seed, List<Integer> stop, List<String> stopTexts,
            OptionalInt alternatives, List<Site> keep) {

        public Options {
            if (max < 0) throw new UsageException("max " + max + ": it must be 0 or more");
            alternatives.ifPresent(k -> {
                if (k < 0) throw new UsageException(k + " alternatives: it must be 0 or more");
            });
            stop = List.copyOf(stop);
            new StopTexts(stopTexts);   // refuses an empty one
            stopTexts = List.copyOf(stopTexts);
            keep = List.copyOf(keep);
        }

        /** Returns options of a generation that reports its tokens only. */
        public Options(int max, Sampling sampling, long seed, List<Integer> stop) {
            this(max, sampling, seed, stop, List.of(), OptionalInt.empty(), List.of());
        }

        public Options stoppingAt(List<String> texts) {
            return new Options(max, sampling, seed, stop, texts, alternatives, keep);
        }

        public Options reporting(int alternatives) {
            return new Options(max, sampling, seed, stop, stopTexts, OptionalInt.of(alternatives), keep);
        }

        public Options keeping(List<Site> sites) {
            return new Options(max, sampling, seed, stop, stopTexts, alternatives, sites);
        }
    }

    /** Receives every token as it is chosen; returning false stops the generation. */
    @FunctionalInterface public interface Listener {
        boolean accept(int row, int token);
    }

    private final Model model;
    private final Tokens prompt;
    private final Options options;
    private final Listener listener;
    private final List<Row> rows = new ArrayList<>();
    private final Map<List<Intervention>, Step> steps = new HashMap<>();
    private final Optional<Capture> capture;
    private final Optional<PromptCache> cached;

    /** A row while it grows. */
    private static final class Row {
        private final List<Integer> ids;
        private final SplittableRandom random;
        private final List<Choice> choices = new ArrayList<>();
        private final int most;
        private final StopTexts stopTexts;
        private final Optional<TokenStream> text;   // absent if there are no stop texts
        private Optional<Ending> ending = Optional.empty();

        Row(Model model, int[] prompt, int most, SplittableRandom random, List<String> stopTexts) {
            ids = new ArrayList<>(Arrays.stream(prompt).boxed().toList());
            this.most = ids.size() + most;
            this.random = random;
            this.stopTexts = new StopTexts(stopTexts);
            text = stopTexts.isEmpty() ? Optional.empty() : Optional.of(model.tokenizer().stream());
            text.ifPresent(stream -> ids.forEach(stream::accept));
        }

        /** Returns whether the new text contains a stop text with this token. */
        boolean stops(int token) {
            text.ifPresent(stream -> stopTexts.accept(stream.accept(token)));
            return stopTexts.stopped();
        }
    }

    private Generation(Model model, Tokens prompt, Options options, Listener listener, Optional<PromptCache> cached) {
        model.check(prompt, 0);
        this.cached = cached;
        this.model = model;
        this.prompt = prompt;
        this.options = options;
        this.listener = listener;
        capture = options.keep().isEmpty() ? Optional.empty() : Optional.of(new Capture());
        int context = model.configuration().nCtx();
        Map<List<Integer>, Integer> equal = new HashMap<>();
        for (int row = 0; row < prompt.batch(); row++) {
            int[] ids = prompt.row(row);
            int number = equal.merge(Arrays.stream(ids).boxed().toList(), 1, Integer::sum) - 1;
            int most = Math.min(options.max(), context - ids.length);
            rows.add(new Row(model, ids, most, stream(options.seed(), ids, number), options.stopTexts()));
            if (most == 0) rows.getLast().ending = Optional.of(options.max() == 0 ? Ending.MAX : Ending.CONTEXT);
        }
    }

    /** Returns the random stream of a row. */
    private static SplittableRandom stream(long seed, int[] prompt, int number) {
        return new SplittableRandom(seed + 0x9E3779B97F4A7C15L * (31L * Arrays.hashCode(prompt) + number));
    }

    /** Continues each row until it meets an end; a row that met a stop token or text ends with it. */
    public static Generated generate(Model model, Tokens prompt, Options options, Listener listener) {
        return new Generation(model, prompt, options, listener, Optional.empty()).run();
    }

    /**
     * Continues one row of a cache's model. Tokens at its beginning that the latest generation with the cache has run
     * are not run again.
     */
    public static Generated generate(PromptCache cache, int[] prompt, Options options, Listener listener) {
        if (!options.keep().isEmpty())
            throw new IllegalArgumentException("values of tokens that are not run again cannot be kept");
        return new Generation(cache.model(), Tokens.of(prompt), options, listener, Optional.of(cache)).run();
    }

    private Generated run() {
        int longest = rows.stream().mapToInt(row -> row.most - row.ids.size()).max().orElse(0);
        if (longest > 0 || capture.isPresent()) extend(longest);
        List<int[]> ids = ids();
        return new Generated(ids, rows.stream().map(row -> row.ending.orElse(Ending.INTERRUPTED)).toList(),
                options.alternatives().isPresent() ? rows.stream().map(row -> List.copyOf(row.choices)).toList()
                        : List.of(),
                capture.map(captured -> captured.cache(model, prompt.padding(), Tokens.of(ids))));
    }

    private List<int[]> ids() {
        return rows.stream().map(row -> row.ids.stream().mapToInt(Integer::intValue).toArray()).toList();
    }

    private void extend(int longest) {
        if (cached.isEmpty()) {
            extend(step(0).executable().past(prompt.batch(), prompt.length() + longest));
            return;
        }
        PromptCache cache = cached.get();
        Past past = cache.past(step(0).executable(), prompt.row(0), prompt.length() + longest);
        try {
            extend(past);
        } finally {
            cache.holds(ids().getFirst());      // also of a generation that was stopped
        }
    }

    /** Runs what a past does not hold of the prompt, and then token by token. */
    private void extend(Past past) {
        int[] next = past.length() == 0 ? prompt.ids()
                : Arrays.copyOfRange(prompt.ids(), past.length(), prompt.length());
        Tensor logits = Tensor.zeros(step(0).logits().shape(new Sizes(prompt.batch(), 1, 0)));   // [batch, 1, dVocab]
        for (int step = 0; !ended(); step++) {
            run(step, next, past, logits);
            requireFinite(logits);
            next = new int[rows.size()];
            for (int row = 0; row < next.length; row++) {
                next[row] = options.sampling().choose(logits.at("batch", row).data(), rows.get(row).random);
                if (rows.get(row).ending.isEmpty() && !accept(row, next[row], logits)) return;
            }
        }
        // the newest tokens have only been chosen; their values are those of one more step
        int run = past.length(), needed = needed();
        if (capture.isPresent() && run < needed) run(run == 0 ? 0 : run - prompt.length() + 1, next, past, logits);
    }

    /** Refuses to choose tokens from logits that are not numbers. */
    private void requireFinite(Tensor logits) {
        Optional<NonFinite> seen = NonFinite.inOutputs("logits", logits);
        if (seen.isEmpty()) return;
        Tokens whole = Tokens.of(rows.stream().map(row -> row.ids.stream().mapToInt(id -> id).toArray()).toList());
        NonFinite first = model.run(whole, RunOptions.DEFAULT.at(-1)).nonFinite().orElse(seen.get());
        throw new UsageException("no token can be chosen: " + first.inWords());
    }

    private boolean ended() { return rows.stream().allMatch(row -> row.ending.isPresent()); }

    /** Returns how many positions of the runs the rows take up, counted with the padding of the prompt. */
    private int needed() {
        return IntStream.range(0, rows.size()).map(row -> prompt.padding()[row] + rows.get(row).ids.size()).max()
                .orElseThrow();
    }

    /** Adds a token to its row; returns false if the listener stops the generation. */
    private boolean accept(int index, int token, Tensor logits) {
        Row row = rows.get(index);
        row.ids.add(token);
        options.alternatives().ifPresent(
                k -> row.choices.add(Sampling.report(logits.at("batch", index).data(), token, k)));
        row.ending = ending(row, token, prompt.row(index).length);
        return listener.accept(index, token);
    }

    /** Returns why a row ends with its newest token; absent if it goes on. */
    private Optional<Ending> ending(Row row, int token, int prompt) {
        if (row.stops(token)) return Optional.of(Ending.STOP);
        if (options.stop().contains(token))
            return Optional.of(model.configuration().eos().contains(token) ? Ending.EOS : Ending.STOP);
        if (row.ids.size() < row.most) return Optional.empty();
        return Optional.of(row.ids.size() - prompt == options.max() ? Ending.MAX : Ending.CONTEXT);
    }

    /** Runs the tokens of a step, writes the logits of the last position, and keeps what is captured. */
    private void run(int step, int[] tokens, Past past, Tensor logits) {
        Step compiled = step(step);
        Map<Value, Tensor> kept = compiled.run(tokens, prompt.padding(), past, logits);
        capture.ifPresent(captured -> captured.add(compiled.prepared().plan(), kept));
    }

    /** Returns the compiled run of a step; steps with the same interventions share it. */
    private Step step(int number) {
        Model there = model.atStep(number);
        return steps.computeIfAbsent(there.interventions(), _ -> new Step(there, options.keep()));
    }

    /** The compiled run of a model that continues a past. */
    private record Step(Model model, RunOptions options, Prepared prepared, Value logits) {

        Step(Model model, List<Site> keep) { this(model, RunOptions.DEFAULT.at(-1).keep(keep)); }

        private Step(Model model, RunOptions options) { this(model, options, model.continuing(options)); }

        private Step(Model model, RunOptions options, Prepared prepared) {
            this(model, options, prepared, prepared.executable().program().value(ForwardPass.LOGITS).orElseThrow());
        }

        Executable executable() { return prepared.executable(); }

        /** Runs tokens, writes the last position's logits to {@code into}, [batch, 1, dVocab], and returns the rest. */
        Map<Value, Tensor> run(int[] tokens, int[] padding, Past past, Tensor into) {
            Sizes sizes = new Sizes(padding.length, tokens.length / padding.length, past.length());
            Map<Value, Tensor> outputs = new LinkedHashMap<>(Map.of(logits, into));
            prepared.plan().entries().values()
                    .forEach(
                            entry -> outputs.computeIfAbsent(entry.value(), value -> Tensor.zeros(value.shape(sizes))));
            executable().run(new Inputs(tokens, padding, Optional.of(past),
                    model.lent(prepared.plan(), options, sizes, padding)), outputs);
            return outputs;
        }
    }
}
