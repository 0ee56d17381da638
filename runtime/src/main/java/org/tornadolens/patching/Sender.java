package org.tornadolens.patching;

import java.util.List;
import org.tornadolens.intervention.Site;

/** What writes into the residual stream: where a path begins. */
public sealed interface Sender {

    /** The site of its output. */
    Site site();

    /** Where it stands in the order of a model: the embedding first, then every layer's heads, then its MLP. */
    int order();

    record Head(org.tornadolens.intervention.Head head) implements Sender {
        @Override public Site site() { return Site.of("blocks." + head.layer() + ".attn.hook_z").heads(List.of(head.head())); }

        @Override public int order() { return 2 * head.layer(); }

        @Override public String toString() { return head.toString(); }
    }

    record Mlp(int layer) implements Sender {
        @Override public Site site() { return Site.of("blocks." + layer + ".hook_mlp_out"); }

        @Override public int order() { return 2 * layer + 1; }

        @Override public String toString() { return "mlp " + layer; }
    }

    record Embedding() implements Sender {
        @Override public Site site() { return Site.of("hook_embed"); }

        @Override public int order() { return -1; }

        @Override public String toString() { return "embed"; }
    }
}
