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
 * The values of a forward pass that can be kept and changed, in the order of their computation. This table is the
 * single definition of each: name (TransformerLens's), axes, and its use in scripts, patching and pasts.
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

    /** The part of a model in which a value occurs. */
    public enum Place { START, BLOCK, END }

    /** What remains to be computed of a block after a value; each stage includes those after it. */
    public enum Stage {
        /** The whole block. */
        READ,
        /** Everything after the projections to queries, keys and values. */
        ATTEND,
        /** The MLP. */
        MLP,
        /** The MLP's output projection. */
        NEURONS,
        /** Nothing. */
        DONE
    }

    /** The component of which a value is a member in scripts: {@code head("1.2").z} is the member "z" of heads. */
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

    // ---- columns of the table

    /** Returns the name, without {@code blocks.N.} for values of blocks. */
    public String text() { return row.name; }

    public Place place() { return row.place; }

    public Stage stage() { return row.stage; }

    public List<AxisKind> axes() { return row.axes; }

    /** Returns the names in scripts, as members of heads, layers, MLPs and residual streams. */
    public List<Member> members() {
        return row.members;
    }

    /** Returns the name of this site in patching; absent if it cannot be patched. */
    public Optional<String> site() {
        return Optional.ofNullable(row.site);
    }

    /**
     * Returns whether programs contain this value only on request: it copies another value, or splits one that is
     * otherwise computed as a whole.
     */
    public boolean optional() { return row.source != null; }

    /** Returns the value from which an optional one is computed. */
    public Optional<HookPoint> copyOf() {
        return Optional.ofNullable(row.source).map(Source::point);
    }

    /** Returns the part of a past that holds this value for runs that continue it; absent if none does. */
    public Optional<Extend.Kind> past() {
        return Optional.ofNullable(row.past);
    }

    /** Returns whether models of this configuration have this value. */
    public boolean in(Configuration configuration) {
        return row.present.test(configuration);
    }

    // ---- derived properties

    /** Returns the axis of heads, {@code HEAD} or {@code KV_HEAD}; absent if there is none. */
    public Optional<AxisKind> headAxis() {
        return row.axes.stream().filter(axis -> axis == HEAD || axis == KV_HEAD).findFirst();
    }

    /** Returns whether the value has an axis of key/value heads, which groups of query heads share. */
    public boolean ofKvHeads() {
        return row.axes.contains(KV_HEAD);
    }

    /** Returns whether the columns are source positions, as in scores and pattern. */
    public boolean hasSources() {
        return row.axes.contains(SOURCE);
    }

    /** Returns whether the value is the divisor of a norm. */
    public boolean scale() {
        return row.axes.contains(NORM_SCALE);
    }

    /** Returns whether a change of this value replaces the block's norm by a separate one for each head. */
    public boolean splitsNorm() {
        return optional() && row.stage == Stage.READ;
    }

    /** Returns whether the value is the residual stream. */
    public boolean residual() {
        return row.members.stream().anyMatch(member -> member.owner() == Owner.RESIDUAL);
    }

    /** Returns the full name in a layer; the layer is ignored for values outside the blocks. */
    public String name(int layer) {
        return new Hook(this, place() == Place.BLOCK ? layer : -1).name();
    }

    /** Returns the pattern that matches this value in every layer. */
    public String everywhere() {
        return place() == Place.BLOCK ? "blocks.*." + row.name : row.name;
    }

    /** Returns whether a name, or a pattern such as {@code blocks.*.attn.hook_z}, names this hook point. */
    public boolean is(String name) {
        return of(name).filter(this::equals).isPresent();
    }

    /** Returns the hook point of a name, in which the layer may be {@code *}; absent for any other name. */
    public static Optional<HookPoint> of(String name) {
        int end = name.startsWith(Hook.BLOCKS) ? name.indexOf('.', Hook.BLOCKS.length()) : -1;
        HookPoint point = BY_NAME.get(name.substring(end + 1));
        return Optional.ofNullable(point).filter(p -> end >= 0 == (p.place() == Place.BLOCK));
    }

    /** Returns a predicate for the names that match a pattern, in which {@code *} matches any characters. */
    static Predicate<String> matcher(String pattern) {
        return Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q")).asMatchPredicate();
    }

    /** Returns the hook points that a pattern matches in some layer. */
    public static List<HookPoint> matching(String pattern) {
        Predicate<String> matches = matcher(pattern);
        int[] layers = Pattern.compile("\\d{1,6}").matcher(pattern).results()
                .mapToInt(number -> Integer.parseInt(number.group())).toArray();
        return Arrays.stream(values()).filter(point -> IntStream.concat(IntStream.of(0), IntStream.of(layers))
                .anyMatch(layer -> matches.test(point.name(layer)))).toList();
    }

    /** Returns the hook point with this name among the members of an owner in scripts. */
    public static Optional<HookPoint> member(Owner owner, String name) {
        return Arrays.stream(values()).filter(point -> point.members().contains(new Member(owner, name))).findFirst();
    }

    Value value(Configuration configuration, int layer) {
        return Value.of(name(layer),
                row.axes.stream().map(axis -> axis.dimension(configuration)).toArray(Value.Dimension[]::new));
    }

    // ---- rows of the table

    /** Refers to another hook point lazily, since constants of an enum cannot refer to each other. */
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
