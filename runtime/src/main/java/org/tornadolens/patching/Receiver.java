package org.tornadolens.patching;

import java.util.Locale;

/** What reads the residual stream: where a path ends. */
public sealed interface Receiver {

    /** Of all heads of a kind in a layer, of an MLP: the name of the value that is written in the end. */
    String written();

    /** The name of the value recorded, which is the same where nothing is written. */
    String recorded();

    /** Senders of a lower order come before it; see {@link Sender#order}. */
    int order();

    enum Kind { Q, K, V }

    /** A head's queries, keys or values; in a grouped-query model the keys and values of its group. */
    record Input(org.tornadolens.intervention.Head head, Kind kind) implements Receiver {
        @Override public String written() { return "blocks." + head.layer() + ".attn.hook_" + kind.name().toLowerCase(Locale.ROOT); }

        @Override public String recorded() { return written(); }

        @Override public int order() { return 2 * head.layer(); }

        @Override public String toString() { return head + "." + kind.name().toLowerCase(Locale.ROOT); }
    }

    /** What an MLP reads. */
    record Mlp(int layer) implements Receiver {
        @Override public String written() { return "blocks." + layer + ".hook_mlp_in"; }

        @Override public String recorded() { return "blocks." + layer + ".hook_resid_mid"; }

        @Override public int order() { return 2 * layer + 1; }

        @Override public String toString() { return "mlp " + layer; }
    }

    /** The residual stream in the end. */
    record Logits(int layers) implements Receiver {
        @Override public String written() { return "blocks." + (layers - 1) + ".hook_resid_post"; }

        @Override public String recorded() { return written(); }

        @Override public int order() { return 2 * layers; }

        @Override public String toString() { return "logits"; }
    }
}
