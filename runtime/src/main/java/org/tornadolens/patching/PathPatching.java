package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Path patching (Wang et al. 2022; Goldowsky-Dill et al. 2023): the metric of the clean run when the output of one
 * sender reaches the receivers as in the corrupted run, through the residual stream and MLPs but through no other head.
 * The first run is the clean one with the z of every head frozen and that of the sender taken from the corrupted run;
 * it records the inputs of the receivers. The second run is the clean one with these inputs written and everything
 * after them recomputed. Since z is frozen, the first run needs no attention.
 */
public final class PathPatching {

    /** Most senders in a unit of work. */
    private static final int MAX_SENDERS = 512;

    private static final String FINAL_SCALE = HookPoint.FINAL_SCALE.text();

    /**
     * What to patch and to measure.
     *
     * @param linear whether to freeze the scales of the norms along a path at their values in the clean run: those of
     *               the first run, and for the logits that of the final norm
     */
    public record Request(Pair pair, Measure measure, List<Sender> senders, List<Receiver> receivers, boolean linear) {
        public Request {
            senders = List.copyOf(senders);
            receivers = List.copyOf(receivers);
            if (receivers.isEmpty())
                throw new UsageException("path patching needs a receiver: a head's q, k or v, an MLP, or the logits");
        }
    }

    /**
     * The result of path patching.
     *
     * @param values the metric with the path of each sender patched; NaN for a sender that precedes no receiver
     * @param clean  the metric of the clean run
     */
    public record Result(double[] values, double clean) {}

    private final Model model;
    private final Request request;
    private final Sweep.Settings settings;
    private final int last;   // the order of the last receiver
    private final Data source;
    private final Optional<List<Integer>> differing;
    private final Set<Hook> frozen = new HashSet<>();

    private PathPatching(Model model, Request request, Sweep.Settings settings) {
        this.model = model;
        this.request = request;
        this.settings = settings;
        if (model.interventions().stream().anyMatch(Intervention.Hook.class::isInstance)) {
            throw new UsageException("path patching freezes values of a run, and a model with hooks cannot be run "
                    + "in parts: use declared interventions in model.with");
        }
        List<Intervention> sites = new ArrayList<>();
        request.senders().forEach(sender -> sites.add(new Intervention.AblateZero(sender.site())));
        request.receivers().forEach(receiver -> {
            if (receiver instanceof Receiver.Input(var head, var _))
                sites.add(new Intervention.AblateZero(new Sender.Head(head).site()));
        });
        model.with(sites);   // rejects heads and layers that the model does not have
        this.last = request.receivers().stream().mapToInt(Receiver::order).max().orElseThrow();
        this.differing = request.pair().differing(model);
        String[] names = request.senders().stream().map(s -> s.site().value()).distinct().toArray(String[]::new);
        this.source = names.length == 0 ? null : Pair.source(model, request.pair().corrupted(), names);
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            frozen.add(new Hook(HookPoint.Z, layer));
        }
        if (request.linear())
            model.hookNames().hooks("*").stream().filter(hook -> hook.point().scale()).forEach(frozen::add);
    }

    public static Result of(Model model, Request request, Sweep.Settings settings) {
        return new PathPatching(model, request, settings).run();
    }

    private Result run() {
        double[] values = new double[request.senders().size()];
        Arrays.fill(values, Double.NaN);
        List<Integer> before =
                IntStream.range(0, values.length).filter(i -> request.senders().get(i).order() < last).boxed().toList();
        double clean = Double.NaN;
        int most = maxSenders();
        for (int from = 0; from < before.size(); from += most) {
            List<Integer> batch = before.subList(from, Math.min(before.size(), from + most));
            List<Sender> senders = batch.stream().map(request.senders()::get).toList();
            String unit = "senders " + senders;
            double[] numbers = settings.journal().recall(unit).orElse(null);
            if (numbers == null) {
                numbers = patched(senders);
                settings.journal().remember(unit, numbers);
            }
            for (int i = 0; i < batch.size(); i++) values[batch.get(i)] = numbers[i];
            clean = numbers[batch.size()];
            settings.progress().done(from + batch.size(), before.size());
        }
        return new Result(values, before.isEmpty() ? request.measure().of(model, request.pair().clean()) : clean);
    }

    /** Returns the number of senders whose recorded inputs fit into the memory of a batch. */
    private int maxSenders() {
        if (onlyLogits()) return MAX_SENDERS;
        var c = model.configuration();
        long perSender = 0;
        for (Written one : written())
            perSender += one.heads().map(heads -> (long) heads.size() * c.dHead()).orElse((long) c.dModel());
        long parts = Prompts.of(request.pair().clean(), read(), Sweep.TOKENS).size();
        perSender *= parts * request.pair().clean().ids().length * Float.BYTES;
        return (int) Math.clamp(settings.budget(model) / perSender, 1, MAX_SENDERS);
    }

    /** Returns the metric for each sender, followed by that of the clean run, averaged over all prompts. */
    private double[] patched(List<Sender> senders) {
        List<Prompts> parts = Prompts.of(request.pair().clean(), read(), Sweep.TOKENS);
        if (!(onlyLogits() && request.measure() instanceof Measure.Declared(Metric metric)))
            return through(senders, parts);
        double[] sums = new double[senders.size() + 1];
        for (Prompts part : parts) {
            double[] means = direct(part, metric, senders);
            for (int i = 0; i < sums.length; i++) sums[i] += means[i] * part.rows().size();
        }
        return Arrays.stream(sums).map(sum -> sum / request.pair().clean().batch()).toArray();
    }

    /** Returns the positions that the metric reads; absent: all. */
    private Optional<List<Integer>> read() {
        return request.measure() instanceof Measure.Declared(Metric metric) ? metric.at() : Optional.empty();
    }

    private boolean toLogits() { return request.receivers().stream().anyMatch(Receiver.Logits.class::isInstance); }

    private boolean onlyLogits() { return request.receivers().stream().allMatch(Receiver.Logits.class::isInstance); }

    private List<List<Intervention>> cells(List<Sender> senders) {
        return senders.stream().<List<Intervention>>map(sender -> differing.map(List::isEmpty).orElse(false) ? List.of()
                : List.of(new Intervention.Patch(differing.map(sender.site()::at).orElse(sender.site()), source)))
                .toList();
    }

    /** Patches paths to the logits only, for which the first run already computes the metric. */
    private double[] direct(Prompts part, Metric metric, List<Sender> senders) {
        try (Cells cells =
                new Cells(model, part, cells(senders), frozen, Tail.of(metric, part, model), settings.budget(model))) {
            Cells.Base base = cells.base();
            double[] means = new double[senders.size() + 1];
            Arrays.fill(means, mean(metric, base.tail().values().iterator().next(), 0, part.rows().size()));
            for (Cells.Batch batch : cells.batches()) {
                Tensor measured = cells.run(batch, base).values().iterator().next();
                for (int i = 0; i < batch.cells().size(); i++)
                    means[batch.cells().get(i)] = mean(metric, measured, i, part.rows().size());
            }
            return means;
        }
    }

    private static double mean(Metric metric, Tensor measured, int cell, int rows) {
        double sum = 0;
        for (int row = 0; row < rows; row++) sum += metric.read(measured.get(cell * rows + row));
        return sum / rows;
    }

    // ---- through receivers

    /** The receivers that share a value: the value that is written, the one recorded, and their heads. */
    private record Written(Hook written, Hook recorded, int order, Optional<List<Integer>> heads, boolean atEnd) {}

    private List<Written> written() {
        Map<Hook, List<Receiver>> byHook = new TreeMap<>(Comparator.comparing(Hook::name));
        request.receivers().forEach(r -> byHook.computeIfAbsent(r.written(), n -> new ArrayList<>()).add(r));
        List<Written> all = new ArrayList<>();
        byHook.forEach((hook, sharing) -> {
            List<Integer> heads = sharing.stream().filter(Receiver.Input.class::isInstance)
                    .map(r -> ((Receiver.Input) r).head().head()).distinct().sorted().toList();
            Receiver first = sharing.getFirst();
            all.add(new Written(hook, first.recorded(), first.order(),
                    heads.isEmpty() ? Optional.empty() : Optional.of(heads), first instanceof Receiver.Logits));
        });
        return all;
    }

    private double[] through(List<Sender> senders, List<Prompts> parts) {
        List<List<Intervention>> writes = new ArrayList<>();
        for (int i = 0; i < senders.size(); i++) writes.add(new ArrayList<>());
        for (Prompts part : parts) record(part, senders, writes);
        if (request.linear() && toLogits()) {
            Intervention held = new Intervention.Patch(Site.of(FINAL_SCALE),
                    Pair.source(model, request.pair().clean(), FINAL_SCALE));
            writes.forEach(write -> write.add(held));
        }
        Measure.Numbers numbers = request.measure().sweep(model, request.pair().clean(), writes,
                new Sweep.Settings(settings.memory(), Journal.NONE, Progress.NONE));
        double[] all = Arrays.copyOf(numbers.cells(), senders.size() + 1);
        all[senders.size()] = numbers.baseline();
        return all;
    }

    /** Makes the first run, and adds to {@code writes} what the second one writes. */
    private void record(Prompts part, List<Sender> senders, List<List<Intervention>> writes) {
        Map<Written, Value> recorded = new LinkedHashMap<>();
        int rows = part.rows().size();
        try (Cells first =
                new Cells(model, part, cells(senders), frozen, recording(recorded, part), settings.budget(model))) {
            Cells.Base base = first.base();
            for (Cells.Batch batch : first.batches()) {
                Map<Value, Tensor> inputs = first.run(batch, base);
                for (int i = 0; i < batch.cells().size(); i++) {
                    int cell = batch.cells().get(i), row = i * rows;
                    recorded.forEach((receiver, value) -> {
                        if (senders.get(cell).order() < receiver.order())
                            writes.get(cell).add(write(receiver, inputs.get(value).slice("batch", row, row + rows),
                                    base.tail().get(value), part));
                    });
                }
            }
        }
    }

    /** Returns the tail of the first run, which records the inputs of the receivers. */
    private Tail recording(Map<Written, Value> recorded, Prompts part) {
        Optional<List<Integer>> read = read().map(part::fromEnd);
        return new Tail() {
            @Override public Optional<List<Integer>> positions() {
                return toLogits() ? read : Optional.of(List.of(-1));
            }

            @Override public Ended end(Program forward) {
                List<Operation> operations = new ArrayList<>(forward.operations());
                recorded.clear();
                for (Written one : written()) {
                    Value value = forward.value(one.recorded().name()).orElseThrow();
                    Selection part = new Selection(Optional.empty(),
                            one.heads().map(h -> model.hookNames().headIndices(one.recorded(), h)),
                            one.atEnd() ? read : Optional.empty(), Optional.empty());
                    if (!part.all()) {
                        Value selected = value;
                        if (part.heads().isPresent())
                            selected = selected.resized("recorded " + value.name(), value.headAxis(),
                                    part.heads().get().size());
                        if (part.positions().isPresent())
                            selected = selected.resized("recorded " + value.name(), value.positionAxis(),
                                    part.positions().get().size());
                        operations.add(new Operation.Gather(value, part, selected));
                        value = selected;
                    }
                    recorded.put(one, value);
                }
                return new Ended(new Program(operations, new HashSet<>(recorded.values())), Map.of());
            }
        };
    }

    /**
     * Returns what the second run writes: the recorded input of a receiver, but for the logits only the change of it,
     * so that effects by way of other receivers are preserved.
     *
     * @param input the input recorded with the path of the sender, [prompt of this part, pos, …], last positions only
     * @param clean the input recorded in the base run
     */
    private Intervention write(Written receiver, Tensor input, Tensor clean, Prompts part) {
        int positions = input.shape().size(1), length = part.positions(), all = request.pair().clean().batch();
        boolean chosen = receiver.atEnd() && read().isPresent();
        List<Integer> at = chosen ? read().get() : IntStream.range(length - positions, length).boxed().toList();
        Site site = Site.of(receiver.written().name()).rows(part.rows()).at(at);
        if (receiver.heads().isPresent()) site = site.heads(receiver.heads().get());
        if (!receiver.atEnd()) return new Intervention.Patch(site, Data.of(Rows.among(input, part.rows(), all)));
        Tensor before = chosen ? clean : clean.slice("pos", clean.shape().size(1) - positions, clean.shape().size(1));
        return new Intervention.Add(site, Data.of(Rows.among(input.sub(before), part.rows(), all)), 1);
    }
}
