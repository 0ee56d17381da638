package org.tornadolens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NearestTest {

    private static final List<String> HOOKS = IntStream.range(0, 12).boxed()
            .flatMap(layer -> List.of("attn.hook_z", "attn.hook_q", "hook_mlp_in", "hook_resid_pre").stream()
                    .map(name -> "blocks." + layer + "." + name))
            .toList();

    @Test void namesThatEndAlikeComeFirst() {
        assertEquals("no hook \"hook_z\"; nearest: blocks.0.attn.hook_z, blocks.1.attn.hook_z, blocks.2.attn.hook_z",
                Nearest.message("hook", "hook_z", HOOKS));
        assertEquals("no hook \"blocks.3.hook_z\"; nearest: blocks.3.attn.hook_z, blocks.0.attn.hook_z, "
                + "blocks.1.attn.hook_z", Nearest.message("hook", "blocks.3.hook_z", HOOKS));
        assertEquals("no patching site \"pre\"; nearest: mlp_pre, resid_pre",
                Nearest.message("patching site", "pre", List.of("resid_pre", "mlp_pre", "z")));
    }

    @Test void onlyWhatIsNearIsNamed() {
        assertEquals("no option \"cahce\"; nearest: cache",
                Nearest.message("option", "cahce", List.of("at", "cache", "from", "stopAt")));
        assertEquals("no patching site \"resid\"; nearest: resid_mid, resid_pre",
                Nearest.message("patching site", "resid", List.of("z", "resid_pre", "resid_mid", "pattern")));
    }

    @Test void whereNothingIsNearTheMessageListsWhatThereIs() {
        assertEquals("no option \"reverse\"; there is descending",
                Nearest.message("option", "reverse", List.of("descending")));
        assertEquals("no axis \"time\"; there are batch, pos",
                Nearest.message("axis", "time", List.of("batch", "pos")));
        assertEquals("no hook \"gelu\"; there are blocks.0.attn.hook_z, blocks.0.attn.hook_q, blocks.0.hook_mlp_in, "
                + "blocks.0.hook_resid_pre, blocks.1.attn.hook_z, blocks.1.attn.hook_q, blocks.1.hook_mlp_in, "
                + "blocks.1.hook_resid_pre, blocks.2.attn.hook_z, blocks.2.attn.hook_q, blocks.2.hook_mlp_in, "
                + "blocks.2.hook_resid_pre and 36 more", Nearest.message("hook", "gelu", HOOKS));
        assertEquals("no node \"a\"; there is none", Nearest.message("node", "a", List.of()));
    }

    @Test void aNameOfAnotherLibraryIsAnsweredWithOurs() {
        assertEquals("no Model property \"to_single_token\"; here it is model.token(\" Mary\")",
                Nearest.message("Model property", "to_single_token", List.of("token")));
        assertEquals("no Cache property \"keys\"; here it is cache.names",
                Nearest.message("Cache property", "keys", List.of("names", "get")));
        assertEquals("no hook \"model.layers.3.self_attn.q_proj\"; here it is head(\"3.1\").q",
                Nearest.message("hook", "model.layers.3.self_attn.q_proj", HOOKS));
        assertEquals("no matrix \"W_U\"; nearest: W_up", Nearest.message("matrix", "W_U", List.of("W_up", "W_down")));
    }

    @Test void everyRowOfTheTableHasTwoColumns() {
        assertTrue(Equivalents.all().size() > 100);
        Equivalents.all().forEach((theirs, ours) -> assertTrue(
                theirs.matches("([A-Z][a-z]+\\.)?\\w+") && !ours.isBlank() && ours.equals(ours.strip()), theirs));
    }
}
