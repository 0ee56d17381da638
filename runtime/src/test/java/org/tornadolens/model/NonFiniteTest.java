package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backends;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.DType;

class NonFiniteTest {

    private static final Configuration SHAPE =
            Configuration.llama(new Configuration.Blocks(3, 32, 64, 1e-5), new Configuration.Heads(4, 2, 8),
                    Configuration.Context.of(64, 10000), Configuration.Vocabulary.of(100, true));
    private static final Model MODEL = Model.of(RandomModel.of(SHAPE, DType.F32, 1), Backends.cpu());
    private static final Tokens TOKENS = Tokens.of(List.of(new int[]{5, 6, 7}, new int[]{5, 6, 7, 8, 9, 10}));

    private static final Generation.Options OPTIONS = new Generation.Options(4, Sampling.GREEDY, 0, List.of(),
            List.of(), OptionalInt.empty(), List.of());

    private static Model broken(String site, double factor) {
        return MODEL.with(List.of(new Intervention.Scale(Site.of(site), factor)));
    }

    @Test void anOrdinaryRunIsFinite() {
        assertEquals(Optional.empty(), MODEL.run(TOKENS).nonFinite());
        assertEquals(Optional.empty(), MODEL.run(TOKENS, RunOptions.DEFAULT.withLoss().withoutLogits()).nonFinite());
        assertEquals(Optional.empty(),
                MODEL.run(TOKENS, RunOptions.DEFAULT.withoutLogits().keep("blocks.*.attn.hook_attn_scores"))
                        .nonFinite());
    }

    @Test void someHeadsOrPositionsMayBeKept() {
        Model broken = broken("blocks.0.hook_mlp_out", Double.POSITIVE_INFINITY);
        List<Site> oneHead = List.of(Site.of("blocks.1.attn.hook_pattern").heads(List.of(2)));
        RunOptions kept = RunOptions.DEFAULT.withoutLogits().keep(oneHead);
        assertEquals(Optional.empty(), MODEL.run(TOKENS, kept).nonFinite());
        assertEquals("blocks.0.hook_mlp_out", broken.run(TOKENS, kept).nonFinite().orElseThrow().hook());
        assertEquals(Optional.empty(), MODEL.run(TOKENS, kept.at(-1)).nonFinite());
    }

    @Test void theFirstHookIsNamedWhateverTheRunKeeps() {
        for (RunOptions options : List.of(RunOptions.DEFAULT, RunOptions.DEFAULT.at(-1),
                RunOptions.DEFAULT.withLoss().withoutLogits(),
                RunOptions.DEFAULT.withoutLogits().keep("blocks.2.hook_resid_post"))) {
            NonFinite first =
                    broken("blocks.1.hook_mlp_out", Double.POSITIVE_INFINITY).run(TOKENS, options).nonFinite()
                            .orElseThrow();
            assertEquals("blocks.1.hook_mlp_out", first.hook());
            assertEquals(0, first.row());
            assertEquals(0, first.pos(), "from the first real token");
        }
    }

    @Test void nothingIsGeneratedFromLogitsThatAreNoNumbers() {
        UsageException refused = assertThrows(UsageException.class,
                () -> Generation.generate(
                        broken("blocks.2.hook_attn_out", Double.POSITIVE_INFINITY), TOKENS, OPTIONS,
                        (row, token) -> true));
        assertEquals(true, refused.getMessage().startsWith("no token can be chosen: blocks.2.hook_attn_out is "),
                refused.getMessage());
    }
}
