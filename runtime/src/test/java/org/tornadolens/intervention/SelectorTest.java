package org.tornadolens.intervention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.program.Selection;

class SelectorTest {

    private final Configuration configuration =
            Configuration.llama(new Configuration.Blocks(12, 32, 64, 1e-5), new Configuration.Heads(4, 2, 8),
                    Configuration.Context.of(128, 10_000),
                    new Configuration.Vocabulary(100, false, OptionalInt.of(1), OptionalInt.of(2)));

    private String heads(String text) { return HeadSelector.parse(text).in(configuration).toString(); }

    private static String error(org.junit.jupiter.api.function.Executable executable) {
        return assertThrows(UsageException.class, executable).getMessage();
    }

    @Test void headsAreNamedAsInPapers() {
        assertEquals("[10.3]", heads("10.3"));
        assertEquals("[1.0, 1.1, 1.2, 1.3, 5.2, 8.0, 9.0, 10.0, 11.0]", heads("1.*, 5.2, 8-11.0"));
        assertEquals("[2.1, 2.2, 3.1, 3.2]", heads(" 2 - 3 . 1-2 "));
        assertEquals(48, HeadSelector.parse("*.*").in(configuration).size());
        assertEquals("[1.2, 1.0]", heads("1.2, 1.0, 1.2"), "in the order named, each once");
    }

    @Test void layersAreNamedByNumber() {
        assertEquals(List.of(0, 1, 2, 7), LayerSelector.parse("0-2, 7").in(configuration));
        assertEquals(12, LayerSelector.parse("*").in(configuration).size());
    }

    @Test void whatIsNoNameIsRefusedWithTheWayToWriteIt() {
        for (String text : List.of("", "5", "1.2.3", "a.b", "1:2", "1.-2", "*", "1.2,", "1.2;3.4", "99999999999.1")) {
            assertEquals(true, error(() -> HeadSelector.parse(text)).contains("write layer.head as in \"10.29\""),
                    text);
        }
        assertEquals("\"x\" names no layers; write \"3\", \"0-5\" or \"*\", several separated by commas",
                error(() -> LayerSelector.parse("1, x")));
        assertEquals("the range 5-0 runs backwards; write 0-5", error(() -> LayerSelector.parse("5-0")));
    }

    @Test void headsThatTheModelLacksAreRefusedWithItsRanges() {
        assertEquals("\"12.0\" names layer 12; this model has layers 0 to 11", error(() -> heads("12.0")));
        assertEquals("\"0.0, 3.2-7\" names head 7; this model has heads 0 to 3", error(() -> heads("0.0, 3.2-7")));
        assertEquals("\"0-12\" names layer 12; this model has layers 0 to 11",
                error(() -> LayerSelector.parse("0-12").in(configuration)));
    }

    @Test void aTargetIsOneSiteALayer() {
        Target z = new Target.Heads(HeadSelector.parse("1.0, 3.*, 1.2"), HookPoint.Z,
                Selection.ofPositions(Optional.of(List.of(-1))));
        assertEquals("[blocks.1.attn.hook_z heads [0, 2] at [-1], blocks.3.attn.hook_z heads [0, 1, 2, 3] at [-1]]",
                z.sites(configuration).toString());
        Target mlps = new Target.Layers(LayerSelector.parse("0-1"), HookPoint.MLP_OUT, Selection.ALL);
        assertEquals("[blocks.0.hook_mlp_out, blocks.1.hook_mlp_out]", mlps.sites(configuration).toString());
    }
}
