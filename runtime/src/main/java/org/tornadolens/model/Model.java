package org.tornadolens.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.Inputs;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Source;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;

/** A language model that can be run and inspected. Immutable: {@link #with} returns another that shares the weights. */
public final class Model {

    private final Checkpoint checkpoint;
    private final Backend backend;
    private final HookNames hookNames;
    private final List<Intervention> declared, interventions;   // all, and those of an ordinary run
    private final TokenizerOnce tokenizer;
    private final Prepared.Recent prepared = new Prepared.Recent();

    /** Opens the tokenizer on first use; runs on token ids need none. */
    private static final class TokenizerOnce {
        private final TokenizerSource source;
        private Tokenizer opened;

        TokenizerOnce(TokenizerSource source) { this.source = source; }

        synchronized Tokenizer get() {
            if (source instanceof TokenizerSource.None(String expected))
                throw new UsageException(
                        "this model has no tokenizer: " + expected + "; give token ids instead of text");
            if (opened == null) opened = Tokenizer.open(source);
            return opened;
        }
    }

    private Model(Checkpoint checkpoint, Backend backend, HookNames hookNames, List<Intervention> declared,
            TokenizerOnce tokenizer) {
        this.checkpoint = checkpoint;
        this.backend = backend;
        this.hookNames = hookNames;
        this.declared = List.copyOf(declared);
        this.interventions = inStep(0);
        this.tokenizer = tokenizer;
    }

    /** Opens a checkpoint on the CPU. */
    public static Model open(Path path) {
        return of(Checkpoints.open(path), Backends.cpu());
    }

    /** Opens a checkpoint on a backend; if {@code dtype} is present, matrices are converted to that type in memory. */
    public static Model open(Path path, Optional<DType> dtype, Backend backend) {
        Checkpoint checkpoint = Checkpoints.open(path);
        return of(dtype.map(checkpoint::converted).orElse(checkpoint), backend);
    }

    public static Model of(Checkpoint checkpoint, Backend backend) {
        return new Model(checkpoint, backend, new HookNames(checkpoint.configuration()), List.of(),
                new TokenizerOnce(checkpoint.tokenizer()));
    }

    public Configuration configuration() { return checkpoint.configuration(); }

    public Checkpoint checkpoint() { return checkpoint; }

    public Weights weights() { return checkpoint.weights(); }

    public Backend backend() { return backend; }

    public HookNames hookNames() { return hookNames; }

    /** Returns the interventions that apply to an ordinary run. */
    public List<Intervention> interventions() {
        return interventions;
    }

    /** Returns all interventions, with those that apply to some steps of a generation only. */
    public List<Intervention> declared() {
        return declared;
    }

    /** @throws UsageException with the place that was searched if the checkpoint has no tokenizer */
    public Tokenizer tokenizer() {
        return tokenizer.get();
    }

    /** Returns this model with further interventions, applied after those it already has. */
    public Model with(List<Intervention> more) {
        List<Intervention> all = new ArrayList<>(declared);
        all.addAll(more);
        more.forEach(i -> {
            for (var hook : hookNames.hooks(i.site().value())) {
                i.check(hook.point());
                i.site().heads().ifPresent(h -> hookNames.headIndices(hook, h));
            }
        });
        return new Model(checkpoint, backend, hookNames, all, tokenizer);
    }

    /** Returns a model with edited weights and the same interventions; weights that are not edited are shared. */
    public Model edit(List<WeightEdit> edits) {
        Checkpoint edited = new Checkpoint(checkpoint.source(), checkpoint.format() + ", edited", configuration(),
                WeightEdit.apply(configuration(), weights(), edits), checkpoint.tokenizer());
        return new Model(edited, backend, hookNames, declared, tokenizer);
    }

    /** Returns this model without its interventions. */
    public Model original() {
        return declared.isEmpty() ? this : new Model(checkpoint, backend, hookNames, List.of(), tokenizer);
    }

    /** Returns query heads as indices along the head axis of a value; of keys and values, the groups that they read. */
    public List<Integer> headIndices(String name, List<Integer> heads) {
        return hookNames.headIndices(hookNames.hook(name), heads);
    }

    /**
     * Runs the model on tokens.
     *
     * @throws UsageException if a token id, a row or an option does not fit the model
     */
    public Run run(Tokens tokens, RunOptions options) {
        check(tokens, 0);
        if (options.loss() && tokens.length() == 1)
            throw new UsageException("the loss of the next token needs rows of at least two tokens");
        Prepared prepared = prepared(options, false);
        RunPlan plan = prepared.plan();
        Map<Value, Tensor> given = new LinkedHashMap<>();
        Sizes sizes = new Sizes(tokens.batch(), tokens.length(), 0);
        plan.given().forEach(
                (name, value) -> given.put(value, fitted(name, value.shape(sizes), options.from().get(name))));
        given.putAll(lent(plan, options, sizes, tokens.padding()));
        Map<Value, Tensor> kept =
                prepared.executable().run(new Inputs(tokens.ids(), tokens.padding(), Optional.empty(), given));

        Map<String, Tensor> tensors = new LinkedHashMap<>();
        plan.entries().forEach((name, entry) -> tensors.put(name, kept.get(entry.value())));
        Map<String, Tensor> ordered = new LinkedHashMap<>();
        hookNames.all().stream().filter(tensors::containsKey).forEach(n -> ordered.put(n, tensors.get(n)));
        Optional<Tensor> loss = plan.loss().map(kept::get);
        if (options.at().isEmpty()) loss = loss.map(l -> l.slice("pos", 0, tokens.length() - 1));
        return new Run(this, options, tokens, plan.logits().map(kept::get), loss,
                new Cache(hookNames, plan.entries(), ordered, tokens));
    }

    public Run run(Tokens tokens) { return run(tokens, RunOptions.DEFAULT); }

    /** Plans the memory of a run, without the weights; nothing is allocated. */
    public Plan memory(RunOptions options, int batch, int length) {
        return prepared(options, false).executable().plan(new Sizes(batch, length, 0));
    }

    /** Returns the program that a run with these options executes. */
    public Program program(RunOptions options) {
        return prepared(options, false).plan().program();
    }

    /** Returns the data of a run's interventions, by the value of {@link #program} that holds it. */
    public Map<Value, Tensor> lent(RunOptions options, Tokens tokens) {
        return lent(prepared(options, false).plan(), options, new Sizes(tokens.batch(), tokens.length(), 0),
                tokens.padding());
    }

    /** Returns a compiled run that reads and extends a past, for generation. */
    Prepared continuing(RunOptions options) {
        return prepared(options, true);
    }

    /** Binds the data of the interventions to a run. */
    Map<Value, Tensor> lent(RunPlan plan, RunOptions options, Sizes sizes, int[] padding) {
        List<Intervention> all = all(options);
        int[] firstTokens = Arrays.stream(padding).map(p -> p - sizes.past()).toArray();
        for (Intervention intervention : all) {
            for (int row : intervention.site().part().rows().orElse(List.of())) {
                if (row < 0 || row >= sizes.batch())
                    throw new UsageException("no row " + row + " for the intervention on " + intervention.site()
                            + ": this run has rows 0 to " + (sizes.batch() - 1));
            }
        }
        Map<Value, Tensor> lent = new LinkedHashMap<>();
        for (Experiment.Lent one : plan.lent()) {
            // a plan is shared by runs of the same structure: the data is that of this run's interventions
            Source source = all.get(one.change().index()).source().orElseThrow();
            lent.put(one.as(), source.bind(one.site(), one.at(), one.part(), one.held(), sizes, firstTokens));
        }
        return lent;
    }

    /** Returns the interventions of the model, followed by those of the run. */
    private List<Intervention> all(RunOptions options) {
        List<Intervention> all = new ArrayList<>(interventions);
        for (Intervention one : options.interventions()) {
            if (!one.steps().contains(0))
                throw new UsageException(one.inWords(one.site().toString())
                        + " has no effect here: an ordinary run is step 0 of a generation; use it with generate");
            all.add(one.change());
        }
        return all;
    }

    /** Returns the changes that apply in a step of a generation; step 0 is the run of the prompt. */
    private List<Intervention> inStep(int step) {
        return declared.stream().filter(one -> one.steps().contains(step))
                .filter(one -> step == 0 || one.source().map(Source::appliesToNewTokens).orElse(true))
                .map(Intervention::change).toList();
    }

    /** Returns this model with only the interventions that apply in a step of a generation. */
    Model atStep(int step) {
        List<Intervention> applicable = inStep(step);
        return applicable.equals(declared) ? this : new Model(checkpoint, backend, hookNames, applicable, tokenizer);
    }

    private Prepared prepared(RunOptions options, boolean past) {
        List<Intervention> all = all(options);
        return prepared.of(options.with(all), past, () -> {
            RunPlan plan = RunPlan.of(configuration(), hookNames, options.with(all), past);
            return new Prepared(plan, backend.compile(plan.program(), weights()));
        });
    }

    /** @throws UsageException if an id is not in the embedding, or rows are longer than the context */
    void check(Tokens tokens, int past) {
        int length = past + tokens.length();
        if (length > configuration().nCtx()) {
            throw new UsageException(
                    length + " tokens are more than this model's context of " + configuration().nCtx());
        }
        for (int row = 0; row < tokens.batch(); row++) {
            for (int id : tokens.row(row)) {
                if (id < 0 || id >= configuration().dVocab()) {
                    throw new UsageException("token id " + id + " in row " + row + ": this model's ids run from 0 to "
                            + (configuration().dVocab() - 1));
                }
            }
        }
    }

    private static Tensor fitted(String name, Shape expected, Tensor given) {
        if (!given.shape().equals(expected)) {
            throw new UsageException(
                    "from " + name + ": the tensor is " + given.shape() + ", this run needs " + expected);
        }
        return given.contiguous() ? given : given.copy();
    }
}
