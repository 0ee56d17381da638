package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.model.Model;
import org.tornadolens.model.TextTokens;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.GreedyCoordinateGradient;
import org.tornadolens.patching.GreedyCoordinateGradient.Prompt;
import org.tornadolens.patching.GreedyCoordinateGradient.Settings;
import org.tornadolens.patching.GreedyCoordinateGradient.Suffix;
import org.tornadolens.tokenizer.Piece;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;

/** Behind {@code attack.js}: suffixes that make a continuation probable. */
public final class AttackExports {

    private static final String FIRST = " !";   // the token that a suffix consists of at first (Zou et al. 2023)

    private final Host host;

    AttackExports(Host host) { this.host = host; }

    /**
     * @param until loss, in nats, at which the search ends
     * @param avoid ids that the suffix may not contain
     */
    record AttackRequest(Model model, List<Around> prompts, int length, int steps, int candidates, int top,
            double until, double seed, List<Integer> avoid) {}

    /**
     * @param before ids in front of the suffix
     * @param after  ids between the suffix and the target
     */
    record Around(List<Integer> before, List<Integer> after, List<Integer> target) {

        Prompt prompt() { return new Prompt(ids(before), ids(after), ids(target)); }
    }

    /** Returns {@code { suffix, tokens, loss, history }} of the best suffix found. */
    @HostAccess.Export public ProxyObject attack(Value request) {
        AttackRequest asked = Requests.read(request, AttackRequest.class);
        Model model = asked.model();
        List<Prompt> prompts = asked.prompts().stream().map(Around::prompt).toList();
        BitSet tokens = tokens(model, asked.avoid());
        Settings settings =
                new Settings(asked.candidates(), asked.top(), tokens, kept(model), (long) asked.seed());
        int steps = host.dryRun().isPresent() ? Math.min(1, asked.steps()) : asked.steps();   // the others are alike
        try (Progress progress = host.progress("searching a suffix")) {
            int[] first = new int[asked.length()];
            Arrays.fill(first, first(model, tokens));
            GreedyCoordinateGradient search = new GreedyCoordinateGradient(model, prompts, first, settings);
            Suffix best = search.suffix();
            List<Object> history = new ArrayList<>(List.of(best.loss()));
            for (int step = 0; step < steps && best.loss() > asked.until(); step++) {
                Interruption.check();
                Suffix next =
                        host.dryRun().map(dry -> dry.repeated(asked.steps(), search::step)).orElseGet(search::step);
                history.add(next.loss());
                if (next.loss() < best.loss()) best = next;
                progress.at(step + 1, steps, "steps");
            }
            int[] found = best.ids();
            Tokens with = Tokens.of(prompts.stream().map(prompt -> prompt.with(found)).toList());
            return ProxyObject.fromMap(Map.of("suffix", found, "tokens", with, "loss", best.loss(), "history",
                    ProxyArray.fromList(history)));
        }
    }

    private static int[] ids(List<Integer> list) { return list.stream().mapToInt(Integer::intValue).toArray(); }

    private static boolean hasText(Model model) {
        return !(model.checkpoint().tokenizer() instanceof TokenizerSource.None);
    }

    /** Returns the ids that a suffix may consist of: every token with a text of its own, without those to avoid. */
    private static BitSet tokens(Model model, List<Integer> avoid) {
        BitSet tokens = new BitSet();
        if (hasText(model)) {
            Tokenizer tokenizer = model.tokenizer();
            int known = Math.min(tokenizer.size(), model.configuration().dVocab());
            for (int id = 0; id < known; id++) tokens.set(id, tokenizer.type(id) == Piece.Type.NORMAL);
        } else {
            tokens.set(0, model.configuration().dVocab());
            model.configuration().eos().forEach(tokens::clear);
        }
        avoid.forEach(tokens::clear);
        return tokens;
    }

    /** Accepts suffixes whose text is encoded as the same ids, so that they can be typed. */
    private static Predicate<int[]> kept(Model model) {
        if (!hasText(model)) return _ -> true;
        Tokenizer tokenizer = model.tokenizer();
        return ids -> Arrays.equals(tokenizer.encode(tokenizer.decode(ids)), ids);
    }

    private static int first(Model model, BitSet tokens) {
        if (hasText(model)) {
            try {
                int id = TextTokens.single(model, FIRST);
                if (tokens.get(id)) return id;
            } catch (UsageException severalTokens) {
                // any other token does as well
            }
        }
        return tokens.nextSetBit(0);
    }
}
