package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertClose;
import static org.tornadolens.testing.TensorAssertions.assertIdentical;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.checkpoint.HuggingFaceWriter;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.BackendUnderTest;

/** Compares edits of weights with equivalent interventions, and tests edited models in files. */
@BackendSuite class WeightEditTest {

    private static void assertSameRuns(Golden golden, WeightEdit edit, Intervention intervention) {
        Tensor expected = golden.model().run(golden.tokens(), RunOptions.DEFAULT.with(List.of(intervention))).logits();
        assertClose(edit.toString(), expected, golden.model().edit(List.of(edit)).run(golden.tokens()).logits(),
                golden.tokens().padding(), 1e-5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "odd-sizes",
            "left-padded"}) void aCircuitScaledInTheWeightsIsScaledInTheRun(String shape) {
        Golden golden = Golden.of(shape);
        int head = golden.model().configuration().nHeads() - 1;
        HeadSelector last = HeadSelector.parse("1." + head);
        assertSameRuns(golden, new WeightEdit.ScaleOv(last, 0),
                new Intervention.AblateZero(Site.of("blocks.1.attn.hook_z").heads(List.of(head))));
        assertSameRuns(golden, new WeightEdit.ScaleOv(last, -1.5),
                new Intervention.Scale(Site.of("blocks.1.attn.hook_z").heads(List.of(head)), -1.5));
        assertSameRuns(golden, new WeightEdit.ScaleQk(last, 0.5),
                new Intervention.Scale(Site.of("blocks.1.attn.hook_q").heads(List.of(head)), 0.5));
        assertSameRuns(golden, new WeightEdit.ScaleNeurons(LayerSelector.parse("0"), List.of(2, 5), 0),
                new Intervention.AblateZero(Site.of("blocks.0.mlp.hook_post").columns(List.of(2, 5))));
        assertSameRuns(golden, new WeightEdit.ScaleNeurons(LayerSelector.parse("*"), List.of(), 0),
                new Intervention.AblateZero(Site.of("blocks.*.hook_mlp_out")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "tied", "llama-bias",
            "qwen3-bias"}) void anyMatrixCanBeSetInTheShapeInWhichItIsRead(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Matrices m = new Matrices(model.configuration(), model.weights());
        Tensor before = model.run(golden.tokens()).logits();
        List<WeightEdit> unchanged = new java.util.ArrayList<>(List.of(
                new WeightEdit.Set("W_E", -1, -1, m.get(ParameterSpec.EMBEDDING)),
                new WeightEdit.Set("W_Q", 1, -1, m.get(ParameterSpec.W_Q, 1)),
                new WeightEdit.Set("W_K", 1, -1, m.get(ParameterSpec.W_K, 1)), new WeightEdit.Set("W_V", 0, 1,
                        m.get(ParameterSpec.W_V, 0).at("kvHead", 1 / model.configuration().headsPerKv())),
                new WeightEdit.Set("W_O", 1, -1, m.get(ParameterSpec.W_O, 1)),
                new WeightEdit.Set("W_O", 0, 1, m.get(ParameterSpec.W_O, 0).at("head", 1)),
                new WeightEdit.Set("W_gate", 0, -1, m.get(ParameterSpec.W_GATE, 0)),
                new WeightEdit.Set("W_up", 0, -1, m.get(ParameterSpec.W_UP, 0)),
                new WeightEdit.Set("W_down", 0, -1, m.get(ParameterSpec.W_DOWN, 0)),
                new WeightEdit.Set("norm1", 0, -1, m.get(ParameterSpec.NORM_1, 0)),
                new WeightEdit.Set("norm2", 0, -1, m.get(ParameterSpec.NORM_2, 0)),
                new WeightEdit.Set("normFinal", -1, -1, m.get(ParameterSpec.NORM_FINAL))));
        if (!model.configuration().tied())
            unchanged.add(new WeightEdit.Set("W_U", -1, -1, m.get(ParameterSpec.UNEMBEDDING)));
        assertIdentical("logits", before, model.edit(unchanged).run(golden.tokens()).logits());
        for (WeightEdit edit : unchanged) {
            WeightEdit.Set set = (WeightEdit.Set) edit;
            Tensor changed =
                    model.edit(List.of(new WeightEdit.Set(set.matrix(), set.layer(), set.head(), set.value().mul(-2))))
                            .run(golden.tokens()).logits();
            assertTrue(changed.sub(before).slice("pos", -1, golden.tokens().length()).abs().max() > 1e-3,
                    set.matrix() + " has no effect");
        }
    }

    @Test void theOriginalKeepsItsWeightsAndWhatIsNotEditedIsShared() {
        Golden golden = Golden.of("grouped-query");
        Model model = golden.model();
        Tensor before = model.run(golden.tokens()).logits();
        Model edited = model.edit(List.of(new WeightEdit.ScaleOv(HeadSelector.parse("0.*"), 0)));
        assertIdentical("logits", before, model.run(golden.tokens()).logits());
        for (String name : model.weights().names()) {
            if (name.equals("blocks.0.attn.W_O")) assertFalse(model.weights().get(name) == edited.weights().get(name));
            else assertSame(model.weights().get(name), edited.weights().get(name));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "tied", "rope-llama3",
            "wide-heads"}) void anEditedModelIsSavedAndOpensWithTheSameLogits(String shape, @TempDir Path folder)
                    throws IOException {
        Golden golden = Golden.of(shape);
        Model edited = golden.model().edit(List.of(new WeightEdit.ScaleOv(HeadSelector.parse("0.0"), 0.5)));
        HuggingFaceWriter.writeFolder(edited.checkpoint(), folder.resolve("saved"));
        Model opened = BackendUnderTest.open(folder.resolve("saved"));
        assertEquals(edited.configuration(), opened.configuration());
        assertIdentical("logits", edited.run(golden.tokens()).logits(), opened.run(golden.tokens()).logits());
        assertThrows(UsageException.class,
                () -> HuggingFaceWriter.writeFolder(edited.checkpoint(), folder.resolve("saved")));
        try (var files = Files.list(folder)) {
            assertEquals(List.of("saved"), files.map(f -> f.getFileName().toString()).toList());
        }
    }

    @Test void savedWeightsKeepTheirTypeAndQuantisedOnesBecomeF32(@TempDir Path folder) {
        Golden golden = Golden.of("grouped-query");
        for (DType type : List.of(DType.F16, DType.BF16, DType.Q8_0)) {
            Checkpoint plain = golden.model().checkpoint();
            Weights weights = plain.weights().with(Conversion.convert(plain.weights().get("blocks.0.attn.W_Q"), type));
            Model converted = Model.of(
                    new Checkpoint(plain.source(), plain.format(), plain.configuration(), weights, plain.tokenizer()),
                    BackendUnderTest.BACKEND);
            HuggingFaceWriter.writeFolder(converted.checkpoint(), folder.resolve(type.name()));
            Model opened = BackendUnderTest.open(folder.resolve(type.name()));
            assertEquals(type == DType.Q8_0 ? DType.F32 : type, opened.weights().get("blocks.0.attn.W_Q").type());
            assertClose(type.name(), converted.run(golden.tokens()).logits(), opened.run(golden.tokens()).logits(),
                    golden.tokens().padding(), 1e-5);
        }
    }

    @Test void whatDoesNotFitIsRefusedByName() {
        Model model = Golden.of("multi-head").model(), tied = Golden.of("tied").model();
        refused(model, new WeightEdit.Set("W_X", 0, -1, Tensor.scalar(1)), "W_X");
        refused(model, new WeightEdit.Set("W_O", 0, 0, Tensor.zeros(Shape.of("a", 3, "b", 4))), "[a 3, b 4]");
        refused(model, new WeightEdit.Set("W_O", -1, -1, Tensor.scalar(1)), "W_O");
        refused(model, new WeightEdit.Set("W_gate", 0, 1, Tensor.scalar(1)), "no heads");
        refused(model, new WeightEdit.ScaleOv(HeadSelector.parse("0.77"), 0), "77");
        refused(model, new WeightEdit.ScaleNeurons(LayerSelector.parse("0"), List.of(1_000_000), 0), "1000000");
        refused(tied, new WeightEdit.Set("W_U", -1, -1, Tensor.scalar(1)), "tied");
    }

    private static void refused(Model model, WeightEdit edit, String named) {
        UsageException refusal = assertThrows(UsageException.class, () -> model.edit(List.of(edit)));
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
    }
}
