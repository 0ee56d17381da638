package org.tornadolens.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/** The names of a model's hook points, in the order they are computed; the same names as in TransformerLens. */
public final class HookNames {

    private final List<String> all = new ArrayList<>();
    private final Set<String> names;

    public HookNames(Configuration configuration) {
        all.add("hook_embed");
        for (int layer = 0; layer < configuration.nLayers(); layer++) {
            for (String name : BLOCK) all.add("blocks." + layer + "." + name);
        }
        all.add("ln_final.hook_scale");
        all.add("ln_final.hook_normalized");
        names = Set.copyOf(all);
    }

    private static final List<String> BLOCK = List.of("hook_resid_pre", "hook_attn_in", "hook_q_input", "hook_k_input", "hook_v_input",
            "ln1.hook_scale", "ln1.hook_normalized", "attn.hook_q", "attn.hook_k", "attn.hook_v", "attn.hook_rot_q", "attn.hook_rot_k",
            "attn.hook_attn_scores", "attn.hook_pattern", "attn.hook_z", "attn.hook_result", "hook_attn_out", "hook_resid_mid", "hook_mlp_in",
            "ln2.hook_scale", "ln2.hook_normalized", "mlp.hook_pre", "mlp.hook_pre_linear", "mlp.hook_post", "hook_mlp_out", "hook_resid_post");

    private static final List<String> OPTIONAL = List.of("hook_attn_in", "hook_q_input", "hook_k_input", "hook_v_input", "attn.hook_result", "hook_mlp_in");

    public List<String> all() { return List.copyOf(all); }

    /** Whether a name is one of the hook points that a program only has when they are asked for. */
    public static boolean optional(String name) { return OPTIONAL.stream().anyMatch(o -> name.endsWith("." + o)); }

    /** The names that a pattern matches, {@code *} standing for any characters; none is an error with the nearest names. */
    public List<String> match(String pattern) {
        if (names.contains(pattern)) return List.of(pattern);   // a sweep asks this of every cell
        Pattern regex = Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q"));
        List<String> matched = all.stream().filter(n -> regex.matcher(n).matches()).toList();
        if (matched.isEmpty()) throw new UsageException(Nearest.message("hook", pattern, all));
        return matched;
    }

    /** The layer in {@code blocks.N.…}, or -1. */
    public static int layer(String name) {
        if (!name.startsWith("blocks.")) return -1;
        return Integer.parseInt(name.substring(7, name.indexOf('.', 7)));
    }
}
