package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.reference.ReferenceBackend;

/** Every activation of every golden checkpoint, against TransformerLens. */
class GoldenTest {

    /** Every shape on every backend, the double-precision reference among them. */
    static Stream<Arguments> runs() {
        Map<String, Backend> backends = new LinkedHashMap<>();
        backends.put("reference", new ReferenceBackend());
        Backends.all().forEach(backend -> backends.put(backend.name(), backend));
        return Golden.shapes().stream().flatMap(shape -> backends.entrySet().stream()
                .map(backend -> Arguments.of(shape, Named.of(backend.getKey(), backend.getValue()))));
    }

    @ParameterizedTest @MethodSource("runs")
    void hasTransformerLenssHookPoints(String shape, Backend backend) {
        Golden golden = Golden.of(shape);
        assertEquals(golden.hooks(), new TreeSet<>(golden.model(backend).hookNames().all()));
    }

    @ParameterizedTest @MethodSource("runs")
    void logitsAndLossOfAPlainRunAreTransformerLenss(String shape, Backend backend) {
        Golden golden = Golden.of(shape);
        Run run = golden.model(backend).run(golden.tokens(), RunOptions.DEFAULT.withLoss());
        golden.assertMatches("logits", run.logits());
        golden.assertMatches("loss", run.loss());
    }

    @ParameterizedTest @MethodSource("runs")
    void everyHookIsTransformerLenssWhenAllAreKept(String shape, Backend backend) {
        Golden golden = Golden.of(shape);
        Run run = golden.model(backend).run(golden.tokens(), RunOptions.DEFAULT.keep("*").withLoss());
        golden.assertMatches("logits", run.logits());
        golden.assertMatches("loss", run.loss());
        for (String hook : golden.hooks()) golden.assertMatches(hook, run.cache().get(hook));
    }

    /** What is kept decides what is pruned, fused and overwritten: each hook alone makes another program. */
    @ParameterizedTest @MethodSource("runs")
    void everyHookIsTransformerLenssWhenItAloneIsKept(String shape, Backend backend) {
        Golden golden = Golden.of(shape);
        Model model = golden.model(backend);
        for (String hook : golden.hooks()) {
            golden.assertMatches(hook, model.run(golden.tokens(), RunOptions.DEFAULT.withoutLogits().keep(hook)).cache().get(hook));
        }
    }
}
