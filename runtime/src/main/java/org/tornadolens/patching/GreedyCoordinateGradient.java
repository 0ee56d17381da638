package org.tornadolens.patching;

import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

/**
 * Greedy coordinate gradient (Zou et al. 2023): searches for the tokens of a suffix that make a continuation of a
 * prompt probable, or of several prompts at once. The loss is the mean of -log p over the tokens of the target, in
 * nats, averaged over the prompts.
 *
 * <p>The gradient of the loss with respect to the embeddings estimates, for every position of the suffix, how much each
 * token of the vocabulary in its place would change the loss. Among the tokens that promise most, replacements of one
 * token are drawn at random and measured exactly; the best one is the next suffix.
 */
public final class GreedyCoordinateGradient {

    private static final String EMBEDDING = HookPoint.EMBED.text();
    private static final int ROWS = 4096;            // rows of the embedding that are multiplied together
    private static final int DRAWS = 8;              // most draws for each candidate of a step

    /**
     * The tokens around a suffix.
     *
     * @param before ids in front of the suffix
     * @param after  ids between the suffix and the target, such as the end of a chat template
     * @param target ids whose probability is raised
     */
    public record Prompt(int[] before, int[] after, int[] target) {

        public Prompt {
            if (target.length == 0) throw new UsageException("an attack needs a target of at least one token");
            if (before.length == 0)
                throw new UsageException("an attack needs at least one token in front of the suffix, such as a BOS");
        }

        /** Returns the prompt with a suffix, without the target. */
        public int[] with(int[] suffix) {
            return joined(before, suffix, after);
        }

        private List<Integer> lengths() { return List.of(before.length, after.length, target.length); }

        int[] complete(int[] suffix) { return joined(before, suffix, after, target); }

        static int[] joined(int[]... parts) { return Stream.of(parts).flatMapToInt(IntStream::of).toArray(); }
    }

    /**
     * How a suffix is searched.
     *
     * @param candidates replacements that are measured in each step
     * @param top        most promising tokens at each position, among which replacements are drawn
     * @param tokens     ids that a suffix may consist of
     * @param kept       which suffixes may be proposed, such as those whose text is encoded as the same ids
     */
    public record Settings(int candidates, int top, BitSet tokens, Predicate<int[]> kept, long seed) {
        public Settings {
            if (candidates < 1) throw new UsageException("candidates " + candidates + ": it must be 1 or more");
            if (top < 1) throw new UsageException("top " + top + ": it must be 1 or more");
            if (tokens.isEmpty()) throw new UsageException("an attack needs tokens that a suffix may consist of");
        }
    }

    /** A suffix and its loss. */
    public record Suffix(int[] ids, double loss) {}

    private final Model model;
    private final List<Prompt> prompts;
    private final Settings settings;
    private final List<SuffixLosses> losses;          // by prompt
    private final List<Alike> alike;
    private final SplittableRandom random;
    private Suffix suffix;

    /**
     * Prepares the search for a suffix.
     *
     * @param prompts the prompts that share the suffix; their losses are averaged
     * @param first   the ids that the search starts from
     */
    public GreedyCoordinateGradient(Model model, List<Prompt> prompts, int[] first, Settings settings) {
        if (prompts.isEmpty()) throw new UsageException("an attack needs at least one prompt");
        if (first.length == 0) throw new UsageException("a suffix needs at least one token");
        this.model = model;
        this.prompts = List.copyOf(prompts);
        this.settings = settings;
        losses = prompts.stream().map(prompt -> new SuffixLosses(model, prompt)).toList();
        alike = this.prompts.stream()
                .collect(Collectors.groupingBy(Prompt::lengths, LinkedHashMap::new, Collectors.toList()))
                .values().stream().map(some -> new Alike(some, first.length)).toList();
        random = new SplittableRandom(settings.seed());
        suffix = losses(List.of(first)).getFirst();
    }

    /** Returns the suffix that the next step starts from. */
    public Suffix suffix() { return suffix; }

    /** Replaces one token of the suffix: by the best of the candidates, even if it is worse than the present one. */
    public Suffix step() {
        List<int[]> candidates = candidates(promising());
        if (!candidates.isEmpty())
            suffix = losses(candidates).stream().min(Comparator.comparingDouble(Suffix::loss)).orElseThrow();
        return suffix;
    }

    /**
     * Estimates the change of the loss with each token at each position of the present suffix, from the gradient with
     * respect to the embedding there: g · (e[token] - e[present token]), [position of the suffix][token].
     */
    float[][] estimates() {
        int[] ids = suffix.ids();
        Tensor slopes = alike.stream().map(some -> some.slopes(ids)).reduce(Tensor::add).orElseThrow()
                .div(prompts.size());
        Matrices matrices = new Matrices(model.configuration(), model.weights());
        int tokens = model.configuration().dVocab();
        float[][] estimates = new float[ids.length][tokens];
        for (int from = 0; from < tokens; from += ROWS) {
            Tensor changes = slopes.dot(matrices.embeddingRows(from, Math.min(tokens, from + ROWS)));   // [pos, dVocab]
            for (int i = 0; i < ids.length; i++)
                for (int token = 0; token < changes.shape().size(1); token++)
                    estimates[i][from + token] = changes.get(i, token);
        }
        for (int i = 0; i < ids.length; i++) {
            float present = estimates[i][ids[i]];
            for (int token = 0; token < tokens; token++) estimates[i][token] -= present;
        }
        return estimates;
    }

    /** Prompts whose parts have the same lengths: rows of one batch. */
    private final class Alike {

        private final List<Prompt> rows;
        private final Gradient gradient;

        Alike(List<Prompt> rows, int suffix) {
            this.rows = rows;
            Prompt first = rows.getFirst();
            int from = first.before().length + suffix + first.after().length - 1;   // predicts the target's first token
            gradient = Gradient.of(model, new Metric.Loss(from), List.of(EMBEDDING), List.of());
        }

        /** Returns the gradient of the losses' sum with respect to the embeddings of a suffix, [pos, dModel]. */
        Tensor slopes(int[] suffix) {
            int before = rows.getFirst().before().length;
            Tokens tokens = Tokens.of(rows.stream().map(prompt -> prompt.complete(suffix)).toList());
            return gradient.run(tokens).gradients().get(EMBEDDING).slice("pos", before, before + suffix.length)
                    .sum("batch");
        }
    }

    /** Returns the tokens that promise the lowest loss at each position, in no order. */
    private int[][] promising() {
        float[][] estimates = estimates();
        int[][] promising = new int[estimates.length][];
        for (int i = 0; i < promising.length; i++) {
            float[] changes = estimates[i];
            PriorityQueue<Integer> best = new PriorityQueue<>((a, b) -> Float.compare(changes[b], changes[a]));
            int present = suffix.ids()[i];
            settings.tokens().stream().filter(token -> token != present && token < changes.length).forEach(token -> {
                if (best.size() == settings.top() && changes[best.peek()] <= changes[token]) return;
                best.add(token);
                if (best.size() > settings.top()) best.remove();
            });
            promising[i] = best.stream().mapToInt(Integer::intValue).sorted().toArray();
        }
        return promising;
    }

    private List<int[]> candidates(int[][] promising) {
        Map<List<Integer>, int[]> candidates = new LinkedHashMap<>();
        for (int draw = 0; draw < DRAWS * settings.candidates() && candidates.size() < settings.candidates(); draw++) {
            int position = random.nextInt(promising.length);
            int[] tokens = promising[position];
            if (tokens.length == 0) continue;
            int[] changed = suffix.ids().clone();
            changed[position] = tokens[random.nextInt(tokens.length)];
            if (settings.kept().test(changed)) candidates.put(IntStream.of(changed).boxed().toList(), changed);
        }
        return List.copyOf(candidates.values());
    }

    /** Measures suffixes: the mean over the prompts. */
    private List<Suffix> losses(List<int[]> suffixes) {
        double[] mean = new double[suffixes.size()];
        for (SuffixLosses one : losses) {
            double[] measured = one.of(suffixes);
            for (int i = 0; i < mean.length; i++) mean[i] += measured[i] / losses.size();
        }
        return IntStream.range(0, mean.length).mapToObj(i -> new Suffix(suffixes.get(i), mean[i])).toList();
    }
}
