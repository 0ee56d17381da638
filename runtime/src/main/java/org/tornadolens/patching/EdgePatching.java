package org.tornadolens.patching;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.intervention.Head;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.LastPositions;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Runs the clean prompts with some edges cut: a receiver reads the outputs of the senders of cut edges from the
 * corrupted run, all others from this run (Conmy et al. 2023). The input of a receiver is the clean residual stream,
 * plus for every cut edge the difference of corrupted and clean, plus for every other edge the change of its sender; so
 * only heads and MLPs that are affected by a cut are run.
 */
final class EdgePatching {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int TOKENS = 1024;   // most tokens in a batch; larger batches are not faster

    private final Model model;
    private final Configuration c;
    private final Parameters parameters;
    private final Metric metric;
    private final ResidualGraph graph;
    private final List<Sender> senders;
    private final List<Receiver> receivers;
    private final List<Part> parts = new ArrayList<>();
    private final int prompts;

    /** @param kind the replacement of outputs on cut edges */
    EdgePatching(Model model, Pair pair, Metric metric, Ablation.Kind kind) {
        if (!model.interventions().isEmpty()) {
            throw new UsageException("edges can only be cut in a model without interventions, and this one has one on "
                    + model.interventions().getFirst().site() + ": leave it out, or change weights with model.edit");
        }
        this.model = model;
        this.c = model.configuration();
        this.parameters = new Parameters(c);
        this.metric = metric;
        this.prompts = pair.clean().batch();
        this.graph = ResidualGraph.of(c);
        this.senders = graph.senders();
        this.receivers = graph.receivers();
        for (Prompts part : Prompts.of(pair.clean(), metric.at(), Sweep.TOKENS)) {
            parts.add(new Part(part, new Prompts(pair.corrupted(), part.rows(), part.length(), part.cut())));
        }
        if (kind == Ablation.Kind.MEAN) average();
        parts.forEach(Part::subtract);
    }

    /** Returns the senders in the order of their computation. */
    List<Sender> senders() { return senders; }

    /** Returns the receivers in the order of their computation; a group of heads receives k and v only once. */
    List<Receiver> receivers() {
        return receivers;
    }

    List<Sender> before(Receiver receiver) { return graph.before(receiver); }

    /** Returns the inputs of a head or MLP; see {@link ResidualGraph#inputs(Sender)}. */
    List<Receiver> inputs(Sender sender) {
        return graph.inputs(sender);
    }

    /**
     * Returns the mean of the metric over the prompts.
     *
     * @param cut for each receiver, the senders whose edges to it are cut
     */
    double metric(Map<Receiver, Set<Sender>> cut) { return means(cut, Optional.empty(), List.of(Set.of()))[0]; }

    /**
     * Returns the means for several sets of cut edges that differ at one receiver only, run as rows of batches.
     *
     * @param cut          the edges cut at all later receivers
     * @param at           the receiver at which the sets differ
     * @param alternatives for each set, the senders whose edges to {@code at} are cut
     */
    double[] metrics(Map<Receiver, Set<Sender>> cut, Receiver at, List<Set<Sender>> alternatives) {
        return means(cut, Optional.of(at), alternatives);
    }

    private double[] means(Map<Receiver, Set<Sender>> cut, Optional<Receiver> at, List<Set<Sender>> alternatives) {
        double[] means = new double[alternatives.size()];
        for (Part part : parts) {
            double[] sums = part.sums(cut, at, alternatives);
            for (int i = 0; i < means.length; i++) means[i] += sums[i] / prompts;
        }
        return means;
    }

    /** Returns the number of alternatives in a batch. */
    int batchSize() {
        return parts.stream().mapToInt(Part::batchSize).min().orElse(1);
    }

    /** Replaces corrupted outputs by their mean over all prompts that are long enough for a position. */
    private void average() {
        int length = parts.stream().mapToInt(part -> part.prompts.positions()).max().orElse(0), d = c.dModel();
        for (Sender sender : senders) {
            double[] sums = new double[length * d];
            int[] rows = new int[length];
            for (Part part : parts) part.visit((at, position) -> {
                rows[position]++;
                for (int i = 0; i < d; i++)
                    sums[position * d + i] += part.difference.get(sender).getAtIndex(FLOAT, at + i);
            });
            for (Part part : parts) part.visit((at, position) -> {
                for (int i = 0; i < d; i++)
                    part.difference.get(sender).setAtIndex(FLOAT, at + i,
                            (float) (sums[position * d + i] / rows[position]));
            });
        }
    }

    private interface Vectors { void visit(int at, int position); }

    /** The prompts of one length. */
    private final class Part {
        private final Prompts prompts;
        private final Tail tail;
        // [prompt, pos, dModel], off the heap, since they are as large as all heads' results; corrupted - clean
        private final Map<Sender, MemorySegment> clean, difference;
        private final Map<String, MemorySegment> residuals = new HashMap<>();   // of the clean run, by hook name

        Part(Prompts prompts, Prompts corrupted) {
            this.prompts = prompts;
            tail = Tail.of(metric, prompts, model);
            clean = outputs(prompts.own(), residuals);
            difference = outputs(corrupted.own(), new HashMap<>());
        }

        void subtract() {
            for (Sender sender : senders) {
                MemorySegment own = clean.get(sender), other = difference.get(sender);
                for (int i = 0; i < length(); i++)
                    other.setAtIndex(FLOAT, i, other.getAtIndex(FLOAT, i) - own.getAtIndex(FLOAT, i));
            }
        }

        /** Returns the number of elements that a sender writes for these prompts. */
        int length() {
            return prompts.rows().size() * prompts.positions() * c.dModel();
        }

        void visit(Vectors vectors) {
            for (int at = 0; at < length(); at += c.dModel()) vectors.visit(at, at / c.dModel() % prompts.positions());
        }

        int batchSize() { return Math.max(1, TOKENS / (prompts.rows().size() * prompts.positions())); }

        /** Runs the model and returns the output of every sender. */
        private Map<Sender, MemorySegment> outputs(Tokens tokens, Map<String, MemorySegment> residuals) {
            Set<String> read = new LinkedHashSet<>(), all = new LinkedHashSet<>();
            for (Receiver receiver : receivers) read.add(receiver.residual().name());
            all.addAll(read);
            for (Sender sender : senders) all.add(sender.output().name());
            var cache = model.run(tokens, RunOptions.DEFAULT.keep(all.toArray(String[]::new)).withoutLogits()).cache();
            for (String name : read) residuals.put(name, data(cache.get(name)));
            Map<Sender, MemorySegment> outputs = new HashMap<>();
            for (Sender sender : senders) {
                Tensor output = cache.get(sender.output().name());
                outputs.put(sender,
                        data(sender instanceof Sender.Head(Head head) ? output.at("head", head.head()) : output));
            }
            return outputs;
        }

        private static MemorySegment data(Tensor tensor) {
            return (tensor.contiguous() ? tensor : tensor.copy()).data();
        }

        // ---- running

        /** Returns the metric of each alternative, summed over these prompts. */
        double[] sums(Map<Receiver, Set<Sender>> cut, Optional<Receiver> at, List<Set<Sender>> alternatives) {
            Cutting cutting = new Cutting(this, cut, at);
            Program program = cutting.program();
            LastPositions.Shortened shortened = LastPositions.of(program, prompts.positions());
            Executable executable = model.backend().compile(Rewrites.fuse(shortened.program()), model.weights());
            double[] sums = new double[alternatives.size()];
            for (int from = 0; from < alternatives.size(); from += batchSize()) {
                List<Set<Sender>> batch =
                        alternatives.subList(from, Math.min(alternatives.size(), from + batchSize()));
                Map<String, Tensor> data = cutting.data(batch);
                int rows = batch.size() * prompts.rows().size();
                Map<Value, Tensor> given =
                        Cells.given(executable.program(), new Sizes(rows, shortened.positions(), 0), data, Map.of());
                Tensor measured = executable.run(new Inputs(prompts.tokens(shortened.positions(), batch.size()),
                        new int[rows], Optional.empty(), given)).values().iterator().next();
                for (int row = 0; row < rows; row++)
                    sums[from + row / prompts.rows().size()] += metric.read(measured.get(row));
            }
            return sums;
        }

        /** Returns a receiver's clean input with these edges cut, [prompt, pos, dModel]. */
        float[] input(Receiver receiver, Set<Sender> cut) {
            float[] sum = residuals.get(receiver.residual().name()).toArray(FLOAT);
            // in the order of senders, so that sums are bitwise the same in every process
            for (Sender sender : senders) if (cut.contains(sender)) add(difference.get(sender), sum, 0);
            return sum;
        }

        void add(MemorySegment x, float[] sum, int at) {
            for (int i = 0; i < length(); i++) sum[at + i] += x.getAtIndex(FLOAT, i);
        }
    }

    /** The program for a set of cut edges, and its inputs. */
    private final class Cutting {
        private final Part part;
        private final Map<Receiver, Set<Sender>> cut;
        private final Optional<Receiver> at;
        private final Set<Sender> changed = new LinkedHashSet<>();   // senders affected by a cut that reach the logits
        private final Map<String, List<Receiver>> read = new HashMap<>();
        private final List<Operation> operations = new ArrayList<>();
        private final Map<Value, Value> current = new HashMap<>();
        private final Map<String, Tensor> data = new HashMap<>();
        private final Dimension batch = new Dimension("batch", Size.Symbol.BATCH),
                pos = new Dimension("pos", Size.Symbol.POS), one = new Dimension("head", new Size.Fixed(1)),
                dModel = new Dimension("dModel", new Size.Fixed(c.dModel()));

        Cutting(Part part, Map<Receiver, Set<Sender>> cut, Optional<Receiver> at) {
            this.part = part;
            this.cut = cut;
            this.at = at;
            Set<Sender> reaching = reachingLogits();
            for (Sender sender : senders) {
                boolean affected = inputs(sender).stream()
                        .anyMatch(r -> differs(r) || !cut(r).isEmpty() || changed.stream().anyMatch(s -> reads(r, s)));
                if (reaching.contains(sender) && affected) changed.add(sender);
            }
            for (Sender sender : changed) for (Receiver receiver : inputs(sender)) noteRead(receiver);
            noteRead(receivers.getLast());
        }

        private void noteRead(Receiver receiver) {
            List<Receiver> same = read.computeIfAbsent(receiver.input().name(), n -> new ArrayList<>());
            if (!same.contains(receiver)) same.add(receiver);
        }

        /** Returns the senders that reach the logits by edges that are not cut. */
        private Set<Sender> reachingLogits() {
            Set<Sender> found = new HashSet<>();
            for (Sender sender : senders.reversed()) {
                boolean logits = reads(receivers.getLast(), sender);
                if (logits || found.stream().anyMatch(later -> inputs(later).stream().anyMatch(r -> reads(r, sender))))
                    found.add(sender);
            }
            return found;
        }

        private boolean differs(Receiver receiver) { return at.isPresent() && at.get().equals(receiver); }

        private Set<Sender> cut(Receiver receiver) {
            return differs(receiver) ? Set.of() : cut.getOrDefault(receiver, Set.of());
        }

        /** Returns whether an edge exists and is not cut in all alternatives. */
        private boolean reads(Receiver receiver, Sender sender) {
            return sender.order() < receiver.order() && !cut(receiver).contains(sender);
        }

        Program program() {
            Set<Hook> written = new HashSet<>();
            read.values().forEach(same -> written.add(same.getFirst().input()));
            for (Operation operation : ForwardPass.of(c, new ForwardPass.Split(written, Map.of())).operations()) {
                Value out = operation.out();
                if (read.containsKey(out.name())) receive(out);
                else operations.add(operation.with(v -> current.getOrDefault(v, v), out));
                for (Sender sender : changed) if (sender.changed().name().equals(out.name())) send(sender, out);
            }
            Tail.Ended ended = part.tail.end(new Program(operations, Set.of()));
            ended.lent().forEach((value, tensor) -> data.put(Cells.name(value), tensor));
            return Rewrites.prune(ended.program());
        }

        /** Computes the input of the receivers that share a value: the clean input plus the changes of senders. */
        private void receive(Value out) {
            operations.add(new Operation.Given(out));
            data.put(Cells.name(out), cleanInputs(out));
            Value now = out;
            for (Receiver receiver : read.get(out.name())) {
                for (Sender sender : senders)
                    if (changed.contains(sender) && reads(receiver, sender))
                        now = shift(now, receiver, change(sender, out.headAxis() >= 0));
                if (!differs(receiver)) continue;
                Value cut = out.headAxis() >= 0 ? Value.of("cut", batch, pos, one, dModel)
                        : Value.of("cut", batch, pos, dModel);
                operations.add(new Operation.Lent(cut));
                now = shift(now, receiver, cut);
            }
            if (!now.equals(out)) current.put(out, now);
        }

        private Value shift(Value now, Receiver receiver, Value source) {
            Optional<List<Integer>> heads = receiver instanceof Receiver.Input(Head head, var _)
                    ? Optional.of(model.headIndices(receiver.input().name(), List.of(head.head()))) : Optional.empty();
            operations.add(new Operation.Shift(now, source, 1, Selection.ALL.heads(heads), now.next()));
            return now.next();
        }

        /** Returns the value of a sender's change: [batch, pos, dModel], or [batch, pos, head 1, dModel]. */
        private Value change(Sender sender, boolean asHead) {
            return asHead ? Value.of("change of " + sender + " as a head", batch, pos, one, dModel)
                    : Value.of("change of " + sender, batch, pos, dModel);
        }

        /** Computes the change of a sender's output, with and without a head axis. */
        private void send(Sender sender, Value made) {
            boolean head = sender instanceof Sender.Head;
            Value own = new Value("sent by " + sender, 0, change(sender, head).dimensions()),
                    before = new Value("clean " + sender, 0, own.dimensions());
            operations.add(new Operation.Lent(before));
            data.put(before.name(), Tensor.over(shape(part.prompts.rows().size(), head), part.clean.get(sender)));
            if (sender instanceof Sender.Head(Head h))
                operations.add(new Operation.HeadResult(current.getOrDefault(made, made),
                        parameters.get(ParameterSpec.W_O, h.layer()), List.of(h.head()), own));
            else
                operations.add(new Operation.Copy(current.getOrDefault(made, made), own));
            operations.add(new Operation.Shift(own, before, -1, Selection.ALL, change(sender, head)));
            if (head) operations.add(new Operation.SumHeads(change(sender, true), change(sender, false)));
            else operations.add(new Operation.Repeat(change(sender, false), change(sender, true)));
        }

        private Tensor tensor(float[] values, boolean asHead) {
            return Tensor.of(shape(values.length / c.dModel() / part.prompts.positions(), asHead), values);
        }

        private Shape shape(int rows, boolean asHead) {
            int positions = part.prompts.positions();
            return asHead ? Shape.of("batch", rows, "pos", positions, "head", 1, "dModel", c.dModel())
                    : Shape.of("batch", rows, "pos", positions, "dModel", c.dModel());
        }

        /** Returns the inputs of the receivers that share a value, without the changes of senders. */
        private Tensor cleanInputs(Value out) {
            List<Receiver> sharing = read.get(out.name());
            if (out.headAxis() < 0) return tensor(part.input(sharing.getFirst(), cut(sharing.getFirst())), false);
            int heads = out.dimensions().get(out.headAxis()).size().bind(new Sizes(1, 1, 0)), d = c.dModel();
            float[] plain = part.residuals.get(sharing.getFirst().residual().name()).toArray(FLOAT);
            float[] all = new float[plain.length * heads];
            for (int head = 0; head < heads; head++) put(plain, all, head, heads, d);
            for (Receiver receiver : sharing)
                put(part.input(receiver, cut(receiver)), all,
                        model.headIndices(out.name(), List.of(((Receiver.Input) receiver).head().head())).getFirst(),
                        heads, d);
            return Tensor.of(Shape.of("batch", part.prompts.rows().size(), "pos", part.prompts.positions(),
                    out.dimensions().get(2).axis(), heads, "dModel", d), all);
        }

        private static void put(float[] one, float[] all, int head, int heads, int d) {
            for (int at = 0; at < one.length; at += d) System.arraycopy(one, at, all, at * heads + head * d, d);
        }

        /** Returns the inputs of the program for these alternatives. */
        Map<String, Tensor> data(List<Set<Sender>> alternatives) {
            int each = part.length();
            float[] cut = new float[each * alternatives.size()];
            for (int i = 0; i < alternatives.size(); i++)
                for (Sender sender : senders)
                    if (alternatives.get(i).contains(sender)) part.add(part.difference.get(sender), cut, i * each);
            Map<String, Tensor> all = new HashMap<>(data);
            all.put("cut", tensor(cut, at.filter(Receiver.Input.class::isInstance).isPresent()));
            return all;
        }
    }
}
