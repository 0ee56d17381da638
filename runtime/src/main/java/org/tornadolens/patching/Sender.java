package org.tornadolens.patching;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Site;

/** A writer to the residual stream: the start of a path. */
public sealed interface Sender {

    String EMBEDDING = "embed";

    /** Returns the value to change in order to change the output: z for a head. */
    Hook changed();

    /** Returns the value that it writes to the residual stream: the result for a head. */
    Hook output();

    /** Returns the site of {@link #changed}. */
    default Site site() { return Site.of(changed().name()); }

    /** Returns its place in the model: the embedding first, then for every layer the heads, then the MLP. */
    int order();

    record Head(org.tornadolens.intervention.Head head) implements Sender {
        @Override public Hook changed() { return new Hook(HookPoint.Z, head.layer()); }

        @Override public Hook output() { return new Hook(HookPoint.RESULT, head.layer()); }

        @Override public Site site() { return Site.of(changed().name()).heads(List.of(head.head())); }

        @Override public int order() { return 2 * head.layer(); }

        @Override public String toString() { return head.toString(); }
    }

    record Mlp(int layer) implements Sender {
        @Override public Hook changed() { return new Hook(HookPoint.MLP_OUT, layer); }

        @Override public Hook output() { return changed(); }

        @Override public int order() { return 2 * layer + 1; }

        @Override public String toString() { return "mlp " + layer; }
    }

    record Embedding() implements Sender {
        @Override public Hook changed() { return new Hook(HookPoint.EMBED, -1); }

        @Override public Hook output() { return changed(); }

        @Override public int order() { return -1; }

        @Override public String toString() { return EMBEDDING; }
    }

    /** Returns the sender of this name: {@code embed}, {@code 10.29}, {@code mlp 7}. */
    static Sender parse(String text) {
        if (text.equals(EMBEDDING)) return new Embedding();
        Optional<Integer> mlp = mlp(text);
        if (mlp.isPresent()) return new Mlp(mlp.get());
        return org.tornadolens.intervention.Head.parse(text).<Sender>map(Head::new)
                .orElseThrow(() -> new UsageException(
                        "\"" + text + "\" is not a sender; write \"10.29\", \"mlp 7\" or \"embed\""));
    }

    /** Returns the layer of {@code mlp 7}, or of {@code mlp(7)} as in scripts. */
    static Optional<Integer> mlp(String text) {
        Matcher matcher = Pattern.compile("mlp(?: (\\d{1,6})|\\((\\d{1,6})\\))").matcher(text);
        return matcher.matches()
                ? Optional.of(Integer.parseInt(matcher.group(1) != null ? matcher.group(1) : matcher.group(2)))
                : Optional.empty();
    }
}
