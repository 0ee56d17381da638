package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.PathPatching.Request;
import org.tornadolens.patching.Receiver.Kind;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

/** Compares path patching with its three steps as whole runs (Wang et al. 2022, appendix B). */
@BackendSuite class PathPatchingTest {

    static List<String> shapes() { return Small.shapes(); }

    private static final Metric METRIC = new Metric.LogitDifference(List.of(7), List.of(9), -1);

    private static List<Sender> senders(Configuration c) {
        List<Sender> senders = new ArrayList<>(List.of(new Sender.Embedding()));
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (int head = 0; head < c.nHeads(); head++) senders.add(new Sender.Head(new Head(layer, head)));
            senders.add(new Sender.Mlp(layer));
        }
        return senders;
    }

    private static Pair pair(Model model) {
        Tokens clean = Small.tokens(model, 1, 8, 6, 8);
        return new Pair(clean, Small.corrupted(clean, 2));
    }

    private static double[] patched(Model model, Pair pair, Metric metric, boolean linear, Receiver... receivers) {
        return PathPatching.of(model, new Request(pair, new Measure.Declared(metric), senders(model.configuration()),
                List.of(receivers), linear), Sweep.Settings.DEFAULT).values();
    }

    /**
     * Returns the clean run with every z (with {@code linear}, every scale) frozen, and the sender as in the corrupted
     * run.
     */
    private static Run first(Model model, Pair pair, Run clean, Run corrupted, Sender sender, boolean linear) {
        List<Intervention> changes = new ArrayList<>();
        for (String name : model.hookNames().all()) {
            if (name.endsWith("hook_z") || linear && name.endsWith("hook_scale"))
                changes.add(Small.patch(Site.of(name), clean));
            if (name.equals(sender.site().value())) changes.add(Small.patch(sender.site(), corrupted));
        }
        return model.run(pair.clean(), RunOptions.DEFAULT.with(changes).keep("*"));
    }

    private static Intervention written(Receiver receiver, Run first, Run clean) {
        return switch (receiver) {
            case Receiver.Input(Head head, var _) ->
                    Small.patch(Site.of(receiver.written().name()).heads(List.of(head.head())), first);
            case Receiver.Mlp(int layer) -> new Intervention.Patch(Site.of("blocks." + layer + ".hook_mlp_in"),
                    first.cache().data().from(site -> first.cache().get("blocks." + layer + ".hook_resid_mid")));
            case Receiver.Logits _ -> new Intervention.Add(Site.of(receiver.written().name()), Data.of(
                    first.cache().get(receiver.written().name()).sub(clean.cache().get(receiver.written().name()))), 1);
        };
    }

    private static void assertEqualsTheLoop(String shape, boolean linear, Metric metric, Receiver... receivers) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        Run clean = Small.everything(model, pair.clean()), corrupted = Small.everything(model, pair.corrupted());
        double[] values = patched(model, pair, metric, linear, receivers);
        List<Sender> senders = senders(model.configuration());
        int last = Arrays.stream(receivers).mapToInt(Receiver::order).max().orElseThrow();
        for (int i = 0; i < values.length; i++) {
            Sender sender = senders.get(i);
            if (sender.order() >= last) {
                assertTrue(Double.isNaN(values[i]), sender + " does not come before " + Arrays.toString(receivers));
                continue;
            }
            Run first = first(model, pair, clean, corrupted, sender, linear);
            List<Intervention> writes =
                    new ArrayList<>(Arrays.stream(receivers).map(receiver -> written(receiver, first, clean)).toList());
            if (linear && receivers[receivers.length - 1] instanceof Receiver.Logits)
                writes.add(Small.patch(Site.of("ln_final.hook_scale"), clean));
            double expected = Arrays.stream(metric.of(model.run(pair.clean(), RunOptions.DEFAULT.with(writes))))
                    .average().orElseThrow();
            assertEquals(expected, values[i], Small.TOLERANCE * Math.max(1, Math.abs(expected)),
                    sender + " to " + Arrays.toString(receivers));
        }
    }

    private static Receiver input(int layer, int head, Kind kind) {
        return new Receiver.Input(new Head(layer, head), kind);
    }

    private static int layers(String shape) { return GoldenModels.open(shape).configuration().nLayers(); }

    @ParameterizedTest
    @MethodSource("shapes") void everySenderToTheLogits(String shape) {
        assertEqualsTheLoop(shape, false, METRIC, new Receiver.Logits(layers(shape)));
        assertEqualsTheLoop(shape, false, new Metric.Loss(0), new Receiver.Logits(layers(shape)));
    }

    @ParameterizedTest
    @MethodSource("shapes") void everySenderToAHeadsQueriesKeysAndValues(String shape) {
        int last = layers(shape) - 1;
        for (Kind kind : Kind.values()) assertEqualsTheLoop(shape, false, METRIC, input(last, 0, kind));
        assertEqualsTheLoop(shape, false, METRIC, input(1, 1, Kind.V));
    }

    @ParameterizedTest
    @MethodSource("shapes") void everySenderToAnMlp(String shape) {
        assertEqualsTheLoop(shape, false, METRIC, new Receiver.Mlp(layers(shape) - 1));
    }

    @ParameterizedTest
    @MethodSource("shapes") void severalReceiversAtOnce(String shape) {
        int last = layers(shape) - 1;
        assertEqualsTheLoop(shape, false, METRIC, input(1, 0, Kind.K), input(1, 1, Kind.K), input(last, 0, Kind.Q),
                input(last, 0, Kind.V));
        assertEqualsTheLoop(shape, false, METRIC, input(1, 0, Kind.Q), new Receiver.Mlp(0),
                new Receiver.Logits(layers(shape)));
    }

    @ParameterizedTest
    @MethodSource("shapes") void normsCanBeHeld(String shape) {
        assertEqualsTheLoop(shape, true, METRIC, new Receiver.Logits(layers(shape)));
        assertEqualsTheLoop(shape, true, METRIC, input(layers(shape) - 1, 0, Kind.K));
        assertEqualsTheLoop(shape, true, METRIC, input(1, 0, Kind.Q), new Receiver.Mlp(layers(shape) - 1));
        assertEqualsTheLoop(shape, true, METRIC, input(1, 0, Kind.V), new Receiver.Logits(layers(shape)));
    }

    @ParameterizedTest
    @MethodSource("shapes") void aMetricOfTheHostFindsTheSame(String shape) {
        Model model = GoldenModels.open(shape);
        Receiver[] receivers = {input(1, 0, Kind.Q), new Receiver.Logits(layers(shape))};
        Measure host = new Measure.Host(run -> Arrays.stream(METRIC.of(run)).average().orElseThrow());
        double[] declared = patched(model, pair(model), METRIC, false, receivers);
        double[] values = PathPatching
                .of(model, new Request(pair(model), host, senders(model.configuration()), List.of(receivers), false),
                        Sweep.Settings.DEFAULT)
                .values();
        for (int i = 0; i < values.length; i++) assertEquals(values[i], declared[i], 1e-4);
    }

    @ParameterizedTest
    @MethodSource("shapes") void aPairOfTheSamePromptsChangesNothing(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens clean = pair(model).clean();
        double own = new Measure.Declared(METRIC).of(model, clean);
        for (double value : patched(model, new Pair(clean, clean), METRIC, false, new Receiver.Logits(layers(shape))))
            assertEquals(own, value, 1e-5);
    }

    @Test void whatIsNotThereIsRefused() {
        Model model = GoldenModels.open("multi-head");
        Pair pair = pair(model);
        assertThrows(UsageException.class, () -> patched(model, pair, METRIC, false, input(77, 0, Kind.Q)));
        assertThrows(UsageException.class, () -> patched(model, pair, METRIC, false, input(1, 99, Kind.Q)));
        assertThrows(UsageException.class, () -> patched(model, pair, METRIC, false));
        Model hooked =
                model.with(List.of(new Intervention.Hook(Site.of("blocks.0.hook_mlp_out"), (value, _) -> value)));
        assertThrows(UsageException.class, () -> patched(hooked, pair, METRIC, false, new Receiver.Logits(2)));
    }
}
