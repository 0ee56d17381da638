package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

/**
 * Greedy coordinate gradient (Zou et al. 2023, algorithm 1): searches for the tokens of a suffix that make a
 * continuation of a prompt probable. The loss is the mean of -log p over the tokens of the target, in nats.
 *
 * <p>The gradient of the loss with respect to the embeddings estimates, for every position of the suffix, how much each
 * token of the vocabulary in its place would change the loss. Among the tokens that promise most, replacements of one
 * token are drawn at random and measured exactly; the best one is the next suffix.
 */
public final class GreedyCoordinateGradient {

    private static final String EMBEDDING = HookPoint.EMBED.text();
    private static final int ROWS = 4096;            // rows of the embedding that are multiplied together
    private static final int TOKENS_OF_A_RUN = 2048;
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

        private int[] complete(int[] suffix) { return joined(before, suffix, after, target); }

        private static int[] joined(int[]... parts) { return Stream.of(parts).flatMapToInt(IntStream::of).toArray(); }
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
    private final Prompt prompt;
    private final Settings settings;
    private final Gradient gradient;
    private final SplittableRandom random;
    private Suffix suffix;

    /**
     * Prepares the search for a suffix.
     *
     * @param first the ids that the search starts from
     */
    public GreedyCoordinateGradient(Model model, Prompt prompt, int[] first, Settings settings) {
        if (first.length == 0) throw new UsageException("a suffix needs at least one token");
        this.model = model;
        this.prompt = prompt;
        this.settings = settings;
        int before = prompt.with(first).length - 1;   // the position that predicts the first token of the target
        gradient = Gradient.of(model, new Metric.Loss(before), List.of(EMBEDDING), List.of());
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
        Tensor slopes = gradient.run(Tokens.of(prompt.complete(ids))).gradients().get(EMBEDDING).at("batch", 0)
                .slice("pos", prompt.before().length, prompt.before().length + ids.length);
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

    /** Measures suffixes, as many at a time as fit into a run. */
    private List<Suffix> losses(List<int[]> suffixes) {
        List<Suffix> measured = new ArrayList<>();
        int most = Math.max(1, TOKENS_OF_A_RUN / prompt.complete(suffixes.getFirst()).length);
        int[] target = prompt.target();
        List<Integer> predicting = IntStream.range(0, target.length).mapToObj(i -> i - target.length - 1).toList();
        RunOptions options = RunOptions.DEFAULT.at(predicting.toArray(Integer[]::new));
        for (int from = 0; from < suffixes.size(); from += most) {
            List<int[]> some = suffixes.subList(from, Math.min(suffixes.size(), from + most));
            Tensor logits = model.run(Tokens.of(some.stream().map(prompt::complete).toList()), options)
                    .logits(Optional.of(predicting));   // [batch, pos, dVocab]
            for (int row = 0; row < some.size(); row++) {
                double loss = 0;
                for (int i = 0; i < target.length; i++)
                    loss += loss(logits.at("batch", row).at("pos", i), target[i]) / target.length;
                measured.add(new Suffix(some.get(row), loss));
            }
        }
        return measured;
    }

    private static double loss(Tensor logits, int token) {
        double largest = logits.max();
        return largest + Math.log(logits.sub(largest).exp().sum()) - logits.get(token);
    }
}
