package org.tornadolens.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Source;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;

/**
 * The program that a run asks for: the model's forward pass with interventions inserted, the values to keep marked, and
 * everything else pruned and fused.
 *
 * @param entries what the cache will hold, by hook name
 * @param given   the values that the caller gives, by hook name
 * @param lent    the data that interventions bring
 */
record RunPlan(Program program, Map<String, Entry> entries, Optional<Value> logits, Optional<Value> loss, Map<String, Value> given, List<Lent> lent) {

    /**
     * A value in the cache.
     *
     * @param heads     the indices along its head axis that were kept, ascending; absent: all
     * @param positions the positions that were kept, in this order; absent: all
     */
    record Entry(Value value, Optional<List<Integer>> heads, Optional<List<Integer>> positions) {}

    /**
     * Where the data of an intervention goes.
     *
     * @param intervention its place among those of the run
     * @param site         the intervention's, naming one value
     * @param at           the value that it meets
     * @param selection    the site's part as indices of that value
     * @param held         the numbers of the heads that the value holds, where these are not all
     * @param as           the value that the program reads
     */
    record Lent(int intervention, Site site, Value at, Selection selection, Optional<List<Integer>> held, Value as) {}

    static RunPlan of(Configuration configuration, HookNames names, RunOptions options, boolean past) {
        return new Builder(configuration, names, options).build(past);
    }

    private static final class Builder {
        private final Configuration configuration;
        private final HookNames names;
        private final RunOptions options;
        private final Map<String, Want> wants = new LinkedHashMap<>();
        private final List<Lent> lent = new ArrayList<>();
        private Program program;

        /** What the sites of the cache ask of one value together. */
        private static final class Want {
            private final TreeSet<Integer> heads = new TreeSet<>();
            private final List<Integer> positions = new ArrayList<>();
            private boolean allHeads, allPositions;
        }

        Builder(Configuration configuration, HookNames names, RunOptions options) {
            this.configuration = configuration;
            this.names = names;
            this.options = options;
        }

        RunPlan build(boolean past) {
            options.stopAt().ifPresent(l -> check(l >= 0 && l <= configuration.nLayers(), "stopAt " + l + ": layers run from 0 to " + configuration.nLayers()));
            Set<String> reached = reached();
            options.keep().forEach(site -> want(site, reached));
            program = LlamaProgram.of(configuration, writtenOptional(), resultHeads());
            Map<String, Value> given = give();
            Map<Intervention, List<Value>> inserted = intervene();
            if (past) program = Rewrites.extendPast(program, RunPlan::pastSlot);

            Map<String, Entry> entries = keep();
            Optional<Value> logits = Optional.empty(), loss = Optional.empty();
            if (options.stopAt().isEmpty()) {
                if (options.logits() || options.loss()) gatherLogits();
                Value value = program.value("logits").orElseThrow();
                if (options.logits()) {
                    program = Rewrites.keep(program, List.of(value));
                    logits = Optional.of(value);
                }
                if (options.loss()) {
                    Value out = Value.of("loss", value.dimensions().get(0), value.dimensions().get(1));
                    program = Rewrites.append(program, new Operation.NextTokenLoss(value, Selection.ofPositions(options.at()), out));
                    loss = Optional.of(out);
                }
            }
            check(!program.kept().isEmpty() || past, "nothing is asked of this run: it has no logits, no loss and keeps nothing");
            program = Rewrites.prune(program);
            checkReached(inserted);
            program = Rewrites.fuse(program);
            return new RunPlan(program, entries, logits, loss, given, lent);
        }

        // ---- names

        private void want(Site site, Set<String> reached) {
            List<String> matched = names.match(site.value());
            if (matched.stream().noneMatch(reached::contains)) {
                throw new UsageException(matched.getFirst() + " cannot be kept: the run stops at layer " + options.stopAt().orElseThrow());
            }
            for (String name : matched) {
                if (!reached.contains(name)) continue;
                Want want = wants.computeIfAbsent(name, n -> new Want());
                site.heads().ifPresentOrElse(h -> want.heads.addAll(headIndices(name, h)), () -> want.allHeads = true);
                site.positions().or(options::at).ifPresentOrElse(p -> p.stream().filter(x -> !want.positions.contains(x)).forEach(want.positions::add),
                        () -> want.allPositions = true);
            }
        }

        /** The hooks that the run computes before it stops. */
        private Set<String> reached() {
            List<String> all = names.all();
            return new HashSet<>(options.stopAt().isEmpty() ? all : all.subList(0, all.indexOf(stopName()) + 1));
        }

        private String stopName() {
            int layer = options.stopAt().getAsInt();
            return layer == configuration.nLayers() ? "blocks." + (layer - 1) + ".hook_resid_post" : "blocks." + layer + ".hook_resid_pre";
        }

        private Set<String> writtenOptional() {
            Set<String> written = new HashSet<>();
            for (Intervention intervention : options.interventions()) {
                names.match(intervention.site().value()).stream().filter(HookNames::optional).forEach(written::add);
            }
            options.from().keySet().forEach(name -> names.match(name).stream().filter(HookNames::optional).forEach(written::add));
            for (String name : written) {
                check(!name.endsWith("hook_attn_in") || configuration.nKvHeads() == configuration.nHeads(),
                        name + " cannot be changed in a grouped-query model, where it would be ambiguous for keys and values: change hook_q_input, hook_k_input and hook_v_input");
            }
            return written;
        }

        /** The heads whose result must be computed one by one because an intervention changes some of them. */
        private Map<Integer, List<Integer>> resultHeads() {
            Map<Integer, TreeSet<Integer>> heads = new HashMap<>();
            for (Intervention intervention : options.interventions()) {
                for (String name : names.match(intervention.site().value())) {
                    if (!name.endsWith("attn.hook_result")) continue;
                    TreeSet<Integer> some = heads.computeIfAbsent(HookNames.layer(name), l -> new TreeSet<>());
                    some.addAll(intervention.site().heads().map(h -> headIndices(name, h)).orElseGet(this::allHeads));
                }
            }
            options.from().keySet().stream().filter(n -> n.endsWith("attn.hook_result"))
                    .forEach(n -> heads.put(HookNames.layer(n), new TreeSet<>(allHeads())));
            wants.forEach((name, want) -> {
                if (!name.endsWith("attn.hook_result") || !heads.containsKey(HookNames.layer(name))) return;
                heads.get(HookNames.layer(name)).addAll(want.allHeads ? allHeads() : want.heads);
            });
            Map<Integer, List<Integer>> lists = new HashMap<>();
            heads.forEach((layer, some) -> lists.put(layer, List.copyOf(some)));
            return lists;
        }

        private List<Integer> allHeads() { return IntStream.range(0, configuration.nHeads()).boxed().toList(); }

        /** Query heads as indices of a value's head axis: the groups they read, for keys and values. */
        private List<Integer> headIndices(String name, List<Integer> heads) { return indicesOf(configuration, name, heads); }

        // ---- rewrites

        private Map<String, Value> give() {
            Map<String, Value> given = new LinkedHashMap<>();
            for (String name : options.from().keySet()) {
                Value value = program.value(name).orElseThrow(() -> new UsageException(Nearest.message("hook", name, names.all())));
                program = Rewrites.give(program, value);
                given.put(name, value);
            }
            return given;
        }

        /** Inserts every intervention, and says which values each of them makes. */
        private Map<Intervention, List<Value>> intervene() {
            Map<Intervention, List<Value>> inserted = new java.util.IdentityHashMap<>();
            for (int i = 0; i < options.interventions().size(); i++) {
                Intervention intervention = options.interventions().get(i);
                Site site = intervention.site();
                for (String name : names.match(site.value())) {
                    intervention.check(name);
                    Value value = program.value(name).orElseThrow(() -> new UsageException("no value " + name + " in this run"));
                    check(site.positions().isEmpty() || value.positionAxis() >= 0, name + " has no positions to select");
                    checkColumns(site, value, name);
                    Selection selection = site.part().heads(site.heads().map(h -> along(value, name, headIndices(name, h))));
                    Value data = intervention.source().isPresent() ? lend(i, intervention.source().get(), new Site(name, site.part()), value, selection) : null;
                    program = Rewrites.insert(program, value, (before, after) -> numbered(intervention.operation(before, data, selection, after), name));
                    inserted.computeIfAbsent(intervention, absent -> new ArrayList<>()).add(value.next());
                }
            }
            return inserted;
        }

        private Value lend(int intervention, Source source, Site site, Value at, Selection selection) {
            Value data = source.lent("data " + lent.size() + " for " + site.value(), at);
            program = Rewrites.prepend(program, new Operation.Lent(data));
            Optional<List<Integer>> held = site.value().endsWith("attn.hook_result") ? Optional.of(resultHeads().get(HookNames.layer(site.value()))) : Optional.empty();
            lent.add(new Lent(intervention, site, at, selection, held, data));
            return data;
        }

        /** Sources of scores and pattern are positions, checked when there are tokens; other columns have a fixed number. */
        private static void checkColumns(Site site, Value value, String name) {
            if (site.part().columns().isEmpty() || !(value.dimensions().getLast().size() instanceof Size.Fixed(int width))) return;
            for (int column : site.part().columns().get()) {
                check(column >= 0 && column < width, "no " + column + " in " + name + ": its " + value.dimensions().getLast().axis() + " runs from 0 to " + (width - 1));
            }
        }

        /** Head numbers as indices of a value that holds only some heads. */
        private List<Integer> along(Value value, String name, List<Integer> heads) {
            if (!name.endsWith("attn.hook_result")) return heads;
            List<Integer> held = resultHeads().get(HookNames.layer(name));
            return heads.stream().map(held::indexOf).toList();
        }

        /** A hook on some heads' results is told their numbers, not their places among those that are computed. */
        private Operation numbered(Operation operation, String name) {
            if (!name.endsWith("attn.hook_result") || !(operation instanceof Operation.HostCall(Value x, Selection selection, HostFunction function, Value out))) return operation;
            List<Integer> held = resultHeads().get(HookNames.layer(name));
            HostFunction told = (value, at) -> function.apply(value, at.head() < 0 ? at : new HostFunction.Context(at.name(), held.get(at.head())));
            return new Operation.HostCall(x, selection, told, out);
        }

        private Map<String, Entry> keep() {
            Map<String, Entry> entries = new LinkedHashMap<>();
            Derived derived = new Derived();
            wants.forEach((name, want) -> {
                Optional<List<Integer>> heads = want.allHeads ? Optional.empty() : Optional.of(List.copyOf(want.heads));
                Optional<List<Integer>> positions = want.allPositions ? Optional.empty() : Optional.of(List.copyOf(want.positions));
                Value kept = program.value(name).map(v -> derived.gather(v, heads.map(h -> along(v, name, h)), v.positionAxis() >= 0 ? positions : Optional.empty()))
                        .orElseGet(() -> copied(derived, name, heads, positions));
                entries.put(name, new Entry(kept, heads, positions));
            });
            options.stopAt().ifPresent(l -> entries.computeIfAbsent(stopName(),
                    name -> new Entry(program.value(name).orElseThrow(), Optional.empty(), Optional.empty())));
            program = Rewrites.keep(derived.in(program), entries.values().stream().map(Entry::value).toList());
            return entries;
        }

        /** A hook point that the program leaves out, made beside it from the value that it copies. */
        private Value copied(Derived derived, String name, Optional<List<Integer>> heads, Optional<List<Integer>> positions) {
            String block = name.substring(0, name.indexOf('.', 7) + 1);
            String hook = name.substring(block.length());
            String sourceName = switch (hook) {
                case "hook_attn_in", "hook_q_input", "hook_k_input", "hook_v_input" -> block + "hook_resid_pre";
                case "hook_mlp_in" -> block + "hook_resid_mid";
                case "attn.hook_result" -> block + "attn.hook_z";
                default -> throw new IllegalStateException(name);
            };
            Value source = derived.gather(program.value(sourceName).orElseThrow(), Optional.empty(), positions);
            if (hook.equals("hook_mlp_in")) return derived.add(source, new Operation.Copy(source, new Value(name, 0, source.dimensions())));
            boolean kv = hook.equals("hook_k_input") || hook.equals("hook_v_input");
            List<Integer> some = heads.orElseGet(() -> IntStream.range(0, kv ? configuration.nKvHeads() : configuration.nHeads()).boxed().toList());
            Value out = Value.of(name, source.dimensions().get(0), source.dimensions().get(1),
                    new Value.Dimension(kv ? "kvHead" : "head", new Size.Fixed(some.size())), new Value.Dimension("dModel", new Size.Fixed(configuration.dModel())));
            return derived.add(source, hook.equals("attn.hook_result")
                    ? new Operation.HeadResult(source, new LlamaParameters(configuration).output(HookNames.layer(name)), some, out)
                    : new Operation.Repeat(source, out));
        }

        /** Unembeds only the positions asked for. */
        private void gatherLogits() {
            if (options.at().isEmpty()) return;
            List<Operation> operations = new ArrayList<>();
            for (Operation operation : program.operations()) {
                if (operation instanceof Operation.Project(Value x, var weight, Value out) && out.name().equals("logits")) {
                    int count = options.at().get().size();
                    Value some = x.resized("ln_final.out.at", x.positionAxis(), count);
                    operations.add(new Operation.Gather(x, Selection.ofPositions(options.at()), some));
                    operations.add(new Operation.Project(some, weight, out.resized("logits", out.positionAxis(), count)));
                } else {
                    operations.add(operation);
                }
            }
            program = new Program(operations, program.kept());
        }

        /** An intervention that a cut leaves without effect is refused: it would look as if it had done nothing. */
        private void checkReached(Map<Intervention, List<Value>> inserted) {
            if (options.from().isEmpty() && options.stopAt().isEmpty()) return;
            Set<Value> reached = new HashSet<>();
            program.operations().forEach(o -> reached.add(o.out()));
            inserted.forEach((intervention, values) -> check(values.stream().anyMatch(reached::contains),
                    "the intervention on " + intervention.site() + " has no effect: this run starts after it or stops before it"));
        }

        private static void check(boolean condition, String message) {
            if (!condition) throw new UsageException(message);
        }
    }

    /** Query heads as indices of the head axis of the value of this name: the groups they read, for keys and values. */
    static List<Integer> indicesOf(Configuration configuration, String name, List<Integer> heads) {
        String hook = name.substring(name.lastIndexOf('.') + 1);
        for (int head : heads) {
            if (head < 0 || head >= configuration.nHeads()) {
                throw new UsageException("no head " + head + " in layer " + HookNames.layer(name) + ": heads run from 0 to " + (configuration.nHeads() - 1));
            }
        }
        return switch (hook) {
            case "hook_k", "hook_v", "hook_rot_k", "hook_k_input", "hook_v_input" -> heads.stream().map(h -> h / configuration.headsPerKv()).distinct().toList();
            case "hook_q", "hook_rot_q", "hook_q_input", "hook_attn_in", "hook_attn_scores", "hook_pattern", "hook_z", "hook_result" -> heads.stream().distinct().toList();
            default -> throw new UsageException(name + " has no heads to select");
        };
    }

    private static Optional<Operation.Extend.Slot> pastSlot(Value value) {
        int layer = HookNames.layer(value.name());
        if (layer < 0) return Optional.empty();   // data that an intervention brings may be named after a hook
        if (value.name().endsWith("attn.hook_rot_k")) return Optional.of(new Operation.Extend.Slot(layer, Operation.Extend.Kind.KEYS));
        if (value.name().endsWith("attn.hook_v")) return Optional.of(new Operation.Extend.Slot(layer, Operation.Extend.Kind.VALUES));
        return Optional.empty();
    }
}
