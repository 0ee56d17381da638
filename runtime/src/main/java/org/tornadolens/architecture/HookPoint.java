package org.tornadolens.architecture;
import static org.tornadolens.architecture.AxisKind.BATCH_ROW;
import static org.tornadolens.architecture.AxisKind.DESTINATION;
import static org.tornadolens.architecture.AxisKind.D_HEAD;
import static org.tornadolens.architecture.AxisKind.D_MLP;
import static org.tornadolens.architecture.AxisKind.D_MODEL;
import static org.tornadolens.architecture.AxisKind.HEAD;
import static org.tornadolens.architecture.AxisKind.KV_HEAD;
import static org.tornadolens.architecture.AxisKind.NORM_SCALE;
import static org.tornadolens.architecture.AxisKind.POSITION;
import static org.tornadolens.architecture.AxisKind.SOURCE;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Value;

/**
 * The values of a forward pass that can be kept and changed, in the order they are computed: one row each, and the only
 * place that says what a hook name means. Names are TransformerLens's.
 */
public enum HookPoint {
    EMBED(start("hook_embed", BATCH_ROW, POSITION, D_MODEL)),

    RESID_PRE(block("hook_resid_pre", Stage.READ, BATCH_ROW, POSITION, D_MODEL).member(Owner.RESIDUAL, "pre")
            .site("resid_pre")),
    ATTN_IN(block("hook_attn_in", Stage.READ, BATCH_ROW, POSITION, HEAD, D_MODEL).copyOf(() -> HookPoint.RESID_PRE)),
    Q_INPUT(block("hook_q_input", Stage.READ, BATCH_ROW, POSITION, HEAD, D_MODEL).copyOf(() -> HookPoint.RESID_PRE)
            .member(Owner.HEADS, "qInput")),
    K_INPUT(block("hook_k_input", Stage.READ, BATCH_ROW, POSITION, KV_HEAD, D_MODEL).copyOf(() -> HookPoint.RESID_PRE)
            .member(Owner.HEADS, "kInput")),
    V_INPUT(block("hook_v_input", Stage.READ, BATCH_ROW, POSITION, KV_HEAD, D_MODEL).copyOf(() -> HookPoint.RESID_PRE)
            .member(Owner.HEADS, "vInput")),
    LN1_SCALE(block("ln1.hook_scale", Stage.READ, BATCH_ROW, POSITION, NORM_SCALE)),
    LN1_NORMALIZED(block("ln1.hook_normalized", Stage.READ, BATCH_ROW, POSITION, D_MODEL)),
    Q_NORM_SCALE(block("attn.q_norm.hook_scale", Stage.ATTEND, BATCH_ROW, POSITION, HEAD, NORM_SCALE)
            .where(c -> c.variant().qkNorm())),
    Q_NORM_NORMALIZED(block("attn.q_norm.hook_normalized", Stage.ATTEND, BATCH_ROW, POSITION, HEAD, D_HEAD)
            .where(c -> c.variant().qkNorm())),
    K_NORM_SCALE(block("attn.k_norm.hook_scale", Stage.ATTEND, BATCH_ROW, POSITION, KV_HEAD, NORM_SCALE)
            .where(c -> c.variant().qkNorm())),
    K_NORM_NORMALIZED(block("attn.k_norm.hook_normalized", Stage.ATTEND, BATCH_ROW, POSITION, KV_HEAD, D_HEAD)
            .where(c -> c.variant().qkNorm())),
    Q(block("attn.hook_q", Stage.ATTEND, BATCH_ROW, POSITION, HEAD, D_HEAD).member(Owner.HEADS, "q").site("q")),
    K(block("attn.hook_k", Stage.ATTEND, BATCH_ROW, POSITION, KV_HEAD, D_HEAD).member(Owner.HEADS, "k").site("k")),
    V(block("attn.hook_v", Stage.ATTEND, BATCH_ROW, POSITION, KV_HEAD, D_HEAD).member(Owner.HEADS, "v").site("v")
            .past(Extend.Kind.VALUES)),
    ROT_Q(block("attn.hook_rot_q", Stage.ATTEND, BATCH_ROW, POSITION, HEAD, D_HEAD).member(Owner.HEADS, "rotQ")
            .site("rot_q")),
    ROT_K(block("attn.hook_rot_k", Stage.ATTEND, BATCH_ROW, POSITION, KV_HEAD, D_HEAD).member(Owner.HEADS, "rotK")
            .site("rot_k").past(Extend.Kind.KEYS)),
    SCORES(block("attn.hook_attn_scores", Stage.ATTEND, BATCH_ROW, HEAD, DESTINATION, SOURCE)
            .member(Owner.HEADS, "scores").site("scores")),
    PATTERN(block("attn.hook_pattern", Stage.ATTEND, BATCH_ROW, HEAD, DESTINATION, SOURCE)
            .member(Owner.HEADS, "pattern").site("pattern")),
    Z(block("attn.hook_z", Stage.ATTEND, BATCH_ROW, POSITION, HEAD, D_HEAD).member(Owner.HEADS, "z").site("z")),
    RESULT(block("attn.hook_result", Stage.ATTEND, BATCH_ROW, POSITION, HEAD, D_MODEL).copyOf(() -> HookPoint.Z)
            .member(Owner.HEADS, "result").site("result")),
    ATTN_OUT(block("hook_attn_out", Stage.MLP, BATCH_ROW, POSITION, D_MODEL).member(Owner.LAYER, "attnOut")
            .site("attn_out")),
    RESID_MID(block("hook_resid_mid", Stage.MLP, BATCH_ROW, POSITION, D_MODEL).member(Owner.RESIDUAL, "mid")
            .site("resid_mid")),
    MLP_IN(block("hook_mlp_in", Stage.MLP, BATCH_ROW, POSITION, D_MODEL).copyOf(() -> HookPoint.RESID_MID)
            .member(Owner.MLP, "in").site("mlp_in")),
    LN2_SCALE(block("ln2.hook_scale", Stage.MLP, BATCH_ROW, POSITION, NORM_SCALE)),
    LN2_NORMALIZED(block("ln2.hook_normalized", Stage.MLP, BATCH_ROW, POSITION, D_MODEL)),
    MLP_PRE(block("mlp.hook_pre", Stage.NEURONS, BATCH_ROW, POSITION, D_MLP).member(Owner.MLP, "pre").site("mlp_pre")),
    MLP_PRE_LINEAR(block("mlp.hook_pre_linear", Stage.NEURONS, BATCH_ROW, POSITION, D_MLP).member(Owner.MLP, "up")),
    MLP_POST(block("mlp.hook_post", Stage.NEURONS, BATCH_ROW, POSITION, D_MLP).member(Owner.MLP, "post")
            .site("mlp_post")),
    MLP_OUT(block("hook_mlp_out", Stage.DONE, BATCH_ROW, POSITION, D_MODEL).member(Owner.MLP, "out")
            .member(Owner.LAYER, "mlpOut").site("mlp_out")),
    RESID_POST(block("hook_resid_post", Stage.DONE, BATCH_ROW, POSITION, D_MODEL).member(Owner.RESIDUAL, "post")
            .site("resid_post")),

    FINAL_SCALE(end("ln_final.hook_scale", BATCH_ROW, POSITION, NORM_SCALE)),
    FINAL_NORMALIZED(end("ln_final.hook_normalized", BATCH_ROW, POSITION, D_MODEL));

    /** Where in a model a value occurs. */
    public enum Place { START, BLOCK, END }

    /** What of a block is still to be computed once a value is there: each stage includes those after it. */
    public enum Stage {
        /** The whole block. */
        READ,
        /** What follows the products that make queries, keys and values. */
        ATTEND,
        /** The MLP. */
        MLP,
        /** The product that an MLP's neurons go through. */
        NEURONS,
        /** Nothing. */
        DONE
    }

    /** What scripts call a value a part of: {@code head("1.2").z} is the member "z" of heads. */
    public enum Owner {
        HEADS, LAYER, MLP, RESIDUAL
    }

    /** The name of a value among the members of its owner. */
    public record Member(Owner owner, String name) {}

    private static final Map<String, HookPoint> BY_NAME = new HashMap<>();

    static {
        for (HookPoint point : values()) BY_NAME.put(point.row.name, point);
    }

    private final Row row;

    HookPoint(Row row) { this.row = row; }

    // ---- what the table says

    /** The name, of a block's values without {@code blocks.N.} */
    public String text() { return row.name; }

    public Place place() { return row.place; }

    public Stage stage() { return row.stage; }

    public List<AxisKind> axes() { return row.axes; }

    /** The names that scripts use, as members of heads, layers, MLPs and residual streams. */
    public List<Member> members() {
        return row.members;
    }

    /** The name that patching uses; absent where it does not patch this value. */
    public Optional<String> site() {
        return Optional.ofNullable(row.site);
    }

    /**
     * Whether programs have this value only when it is asked for: it copies another, or splits what is otherwise computed
     * at once.
     */
    public boolean optional() { return row.source != null; }

    /** The value that an optional one is made from. */
    public Optional<HookPoint> copyOf() {
        return Optional.ofNullable(row.source).map(Source::point);
    }

    /** What of a past holds this value for runs that continue. */
    public Optional<Extend.Kind> past() {
        return Optional.ofNullable(row.past);
    }

    /** True for the values that a model of this configuration has. */
    public boolean in(Configuration configuration) {
        return row.present.test(configuration);
    }

    // ---- what follows from it

    /** The axis of heads, {@code HEAD} or {@code KV_HEAD}; absent where there is none. */
    public Optional<AxisKind> headAxis() {
        return row.axes.stream().filter(axis -> axis == HEAD || axis == KV_HEAD).findFirst();
    }

    /** True for keys, values and what makes them: query heads share them. */
    public boolean ofKvHeads() {
        return row.axes.contains(KV_HEAD);
    }

    /** True for scores and pattern, whose columns are positions. */
    public boolean hasSources() {
        return row.axes.contains(SOURCE);
    }

    /** True for what a norm divides by. */
    public boolean scale() { return row.axes.contains(NORM_SCALE); }

    /** True for the values that replace the block's own norm by one for each head where they are changed. */
    public boolean splitsNorm() {
        return optional() && row.stage == Stage.READ;
    }

    /** True for the residual stream itself. */
    public boolean residual() {
        return row.members.stream().anyMatch(member -> member.owner() == Owner.RESIDUAL);
    }

    /** The full name in a layer; of a value outside the blocks its name. */
    public String name(int layer) {
        return new Hook(this, place() == Place.BLOCK ? layer : -1).name();
    }

    /** The pattern that matches this value in every layer. */
    public String everywhere() {
        return place() == Place.BLOCK ? "blocks.*." + row.name : row.name;
    }

    /** Whether this is what a name or pattern such as {@code blocks.3.attn.hook_z} or {@code blocks.*.attn.hook_z} names. */
    public boolean is(String name) {
        return of(name).filter(this::equals).isPresent();
    }

    /** What a hook name means, a layer's number perhaps being {@code *}; absent for any other name. */
    public static Optional<HookPoint> of(String name) {
        int end = name.startsWith(Hook.BLOCKS) ? name.indexOf('.', Hook.BLOCKS.length()) : -1;
        HookPoint point = BY_NAME.get(name.substring(end + 1));
        return Optional.ofNullable(point).filter(p -> end >= 0 == (p.place() == Place.BLOCK));
    }

    /** Whether a name is one that a pattern matches, {@code *} standing for any characters. */
    static Predicate<String> matcher(String pattern) {
        return Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q")).asMatchPredicate();
    }

    /** The values that a pattern names in some layer. */
    public static List<HookPoint> matching(String pattern) {
        Predicate<String> matches = matcher(pattern);
        int[] layers = Pattern.compile("\\d{1,6}").matcher(pattern).results()
                .mapToInt(number -> Integer.parseInt(number.group())).toArray();
        return Arrays.stream(values()).filter(point -> IntStream.concat(IntStream.of(0), IntStream.of(layers))
                .anyMatch(layer -> matches.test(point.name(layer)))).toList();
    }

    /** The value that scripts call by this name of its owner. */
    public static Optional<HookPoint> member(Owner owner, String name) {
        return Arrays.stream(values()).filter(point -> point.members().contains(new Member(owner, name))).findFirst();
    }

    Value value(Configuration configuration, int layer) {
        return Value.of(name(layer),
                row.axes.stream().map(axis -> axis.dimension(configuration)).toArray(Value.Dimension[]::new));
    }

    // ---- rows of the table

    /** The value that another is made from; looked up later, as an enum's constants cannot refer to each other. */
    private interface Source {
        HookPoint point();
    }

    private static final class Row {
        private final String name;
        private final Place place;
        private final Stage stage;
        private final List<AxisKind> axes;
        private List<Member> members = List.of();
        private String site;
        private Source source;
        private Extend.Kind past;
        private Predicate<Configuration> present = _ -> true;

        Row(String name, Place place, Stage stage, List<AxisKind> axes) {
            this.name = name;
            this.place = place;
            this.stage = stage;
            this.axes = axes;
        }

        Row member(Owner owner, String text) {
            members = Stream.concat(members.stream(), Stream.of(new Member(owner, text))).toList();
            return this;
        }

        Row site(String text) {
            site = text;
            return this;
        }

        Row copyOf(Source original) {
            source = original;
            return this;
        }

        Row where(Predicate<Configuration> has) {
            present = has;
            return this;
        }

        Row past(Extend.Kind kind) {
            past = kind;
            return this;
        }
    }

    private static Row start(String name, AxisKind... axes) {
        return new Row(name, Place.START, Stage.READ, List.of(axes));
    }

    private static Row block(String name, Stage stage, AxisKind... axes) {
        return new Row(name, Place.BLOCK, stage, List.of(axes));
    }

    private static Row end(String name, AxisKind... axes) {
        return new Row(name, Place.END, Stage.DONE, List.of(axes));
    }
}
