package org.tornadolens.patching;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.Site;

/** A reader of the residual stream: the end of a path. */
public sealed interface Receiver {

    String LOGITS = "logits";

    /** Returns the residual stream that it reads. */
    Hook residual();

    /** Returns its separate input, which is an optional hook; for the logits, the residual stream. */
    Hook input();

    /**
     * Returns the value that path patching writes: queries, keys, values, an MLP's input or the last residual stream.
     */
    Hook written();

    /** Returns the value that path patching records, which equals the written one in a run without writes. */
    Hook recorded();

    /** Returns its place in the model: senders of a lower order precede it; see {@link Sender#order}. */
    int order();

    /** The inputs of a head. */
    enum Kind {
        Q(HookPoint.Q, HookPoint.Q_INPUT, ParameterSpec.W_Q),
        K(HookPoint.K, HookPoint.K_INPUT, ParameterSpec.W_K),
        V(HookPoint.V, HookPoint.V_INPUT, ParameterSpec.W_V);

        private final HookPoint point, input;
        private final ParameterSpec weight;

        Kind(HookPoint point, HookPoint input, ParameterSpec weight) {
            this.point = point;
            this.input = input;
            this.weight = weight;
        }

        /** Returns the hook point of the projected input. */
        HookPoint point() { return point; }

        HookPoint input() { return input; }

        ParameterSpec weight() { return weight; }

        /** Returns the name in scripts and papers: q, k or v. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Kind> of(HookPoint point) {
            return Arrays.stream(values()).filter(kind -> kind.point == point).findFirst();
        }

        /** Returns the kind of this name; absent for an empty text. */
        public static Optional<Kind> parse(String text) {
            if (text.isEmpty()) return Optional.empty();
            return Optional.of(Arrays.stream(values()).filter(kind -> kind.text().equals(text)).findFirst()
                    .orElseThrow(() -> new UsageException("heads read q, k and v, not \"" + text + "\"")));
        }
    }

    /** The queries, keys or values of a head; in a grouped-query model, the keys and values of its group. */
    record Input(Head head, Kind kind) implements Receiver {
        @Override public Hook residual() { return new Hook(HookPoint.RESID_PRE, head.layer()); }

        @Override public Hook input() { return new Hook(kind.input(), head.layer()); }

        @Override public Hook written() { return new Hook(kind.point(), head.layer()); }

        @Override public Hook recorded() { return written(); }

        @Override public int order() { return 2 * head.layer(); }

        @Override public String toString() { return head + "." + kind.text(); }
    }

    /** The input of an MLP. */
    record Mlp(int layer) implements Receiver {
        @Override public Hook residual() { return new Hook(HookPoint.RESID_MID, layer); }

        @Override public Hook input() { return new Hook(HookPoint.MLP_IN, layer); }

        @Override public Hook written() { return input(); }

        @Override public Hook recorded() { return residual(); }

        @Override public int order() { return 2 * layer + 1; }

        @Override public String toString() { return "mlp " + layer; }
    }

    /** The residual stream after the last layer. */
    record Logits(int layers) implements Receiver {
        @Override public Hook residual() { return new Hook(HookPoint.RESID_POST, layers - 1); }

        @Override public Hook input() { return residual(); }

        @Override public Hook written() { return residual(); }

        @Override public Hook recorded() { return residual(); }

        @Override public int order() { return 2 * layers; }

        @Override public String toString() { return LOGITS; }
    }

    /** Returns the receiver of this name: {@code logits}, {@code 8.6.q}, {@code mlp 7}. */
    static Receiver parse(String text, Configuration configuration) {
        if (text.equals(LOGITS)) return new Logits(configuration.nLayers());
        Optional<Integer> mlp = Sender.mlp(text);
        if (mlp.isPresent()) return new Mlp(mlp.get());
        int kind = text.lastIndexOf('.');
        Optional<Head> head = kind < 0 ? Optional.empty() : Head.parse(text.substring(0, kind));
        return head.<Receiver>flatMap(h -> Kind.parse(text.substring(kind + 1)).map(k -> new Input(h, k)))
                .orElseThrow(() -> new UsageException(
                        "\"" + text + "\" is not a receiver; write \"8.6.q\", \"mlp 7\" or \"logits\""));
    }

    /** Returns the receivers that a site names: queries, keys or values of heads, or an MLP. */
    static List<Receiver> of(Site site) {
        if (site.positions().isPresent() || site.part().rows().isPresent()) {
            throw new UsageException("a receiver takes its whole input: " + site + " names a part of it");
        }
        Optional<Hook> hook = Hook.of(site.value());
        if (hook.isPresent() && (hook.get().point() == HookPoint.MLP_OUT || hook.get().point() == HookPoint.MLP_IN)) {
            return List.of(new Mlp(hook.get().layer()));
        }
        Kind kind = hook.flatMap(h -> Kind.of(h.point()))
                .orElseThrow(() -> new UsageException(
                        "a receiver is a head's q, k or v, an MLP or \"logits\", not " + site.value()));
        return site.heads().orElseThrow(
                () -> new UsageException("name the heads that receive, as in head(\"8.6\").q, not " + site.value()))
                .stream().<Receiver>map(head -> new Input(new Head(hook.get().layer(), head), kind)).toList();
    }
}
