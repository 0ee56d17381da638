package org.tornadolens.tornado;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Value;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.Attention.Mix;
import org.tornadolens.tornado.kernels.Attention.Scores;
import org.tornadolens.tornado.kernels.Attention.Shape;
import org.tornadolens.tornado.kernels.FusedAttention;
import org.tornadolens.tornado.kernels.FusedAttention.Fused;
import org.tornadolens.tornado.kernels.FusedAttention.Join;
import org.tornadolens.tornado.kernels.Rotation.Extend;
import org.tornadolens.tornado.kernels.Rotation.IntoPast;
import org.tornadolens.tornado.kernels.Rotation.Turn;
import org.tornadolens.tornado.kernels.Rotation.Turning;
import org.tornadolens.tornado.kernels.TokenAttention.Token;

/** Writes the kernels of attention: rotations, the past, and what reads it. */
final class AttentionSteps {

    private final RunContext run;
    private final RunFrame frame;
    private final Optional<TornadoPast> past;

    AttentionSteps(RunContext run) {
        this.run = run;
        frame = run.frame();
        past = frame.past(TornadoPast.class);
    }

    boolean hasPast() { return past.isPresent(); }

    // ---- rotations and the past

    private RotaryTables.Table table(Rotary rotary) {
        return run.store().rotary().table(rotary, frame.beginPosition(), frame.endPosition());
    }

    /** Returns a list of the rows of a table that rotate the first token of each batch row. */
    private int firstRows(RotaryTables.Table table) {
        return run.tape().list(frame.firstPosition(table.first()));
    }

    /** @param back whether to rotate the other way, as the gradient does */
    void rotate(Operation o, Value x, Rotary rotary, boolean back, int out) {
        RotaryTables.Table table = table(rotary);
        run.launch(o, Kernel.ROTATE).set(Turn.X, run.at(x)).set(Turn.BATCH, frame.batch()).set(Turn.POS, frame.pos())
                .set(Turn.HEADS, run.size(x, x.headAxis())).set(Turn.D_HEAD, run.width(x))
                .set(Turn.FIRST_POSITIONS, firstRows(table)).set(Turn.COSINES, table.cosines())
                .set(Turn.SINES, back ? table.minusSines() : table.sines()).set(Turn.OUT, out).add();
    }

    void extend(Operation.Extend o) {
        if (past.isEmpty()) {
            run.layout().put(o.out(), run.at(o.x()));
            return;
        }
        int address = past.get().address(o.slot());
        run.layout().put(o.out(), address);
        run.launch(o, Kernel.EXTEND).set(Extend.X, run.at(o.x())).set(Extend.BATCH, frame.batch())
                .set(Extend.POS, frame.pos()).set(Extend.WIDTH, run.count(o.x()) / frame.batch() / frame.pos())
                .set(Extend.PAST, address).set(Extend.CAPACITY, past.get().capacity())
                .set(Extend.LENGTH, frame.sizes().past()).add();
    }

    /** Writes the rotations of queries and keys, what the past is extended by, and perhaps attention, as one launch. */
    void turnIntoPast(Fusions.Turning t) {
        RotaryTables.Table table = table(t.queries().rotary());
        Value q = t.queries().x(), k = t.keys().x();
        int keys = past.get().address(t.extendKeys().slot()), values = past.get().address(t.values().slot());
        run.layout().put(t.extendKeys().out(), keys);
        run.layout().put(t.values().out(), values);
        Launch launch = run.launch(t.queries(), t.attend().isPresent() ? Kernel.ATTEND_TOKEN : Kernel.TURN_INTO_PAST)
                .set(Turning.Q, run.at(q)).set(Turning.K, run.at(k)).set(Turning.V, run.at(t.values().x()))
                .set(Turning.BATCH, frame.batch()).set(Turning.POS, frame.pos())
                .set(Turning.HEADS, run.size(q, q.headAxis())).set(Turning.KV_HEADS, run.size(k, k.headAxis()))
                .set(Turning.D_HEAD, run.width(q)).set(Turning.FIRST_POSITIONS, firstRows(table))
                .set(Turning.COSINES, table.cosines()).set(Turning.SINES, table.sines())
                .set(Turning.PAST_KEYS, keys).set(Turning.PAST_VALUES, values)
                .set(Turning.CAPACITY, past.get().capacity()).set(Turning.LENGTH, frame.sizes().past());
        if (t.attend().isPresent()) {
            Operation.Attend attend = t.attend().get();
            launch.set(Token.PADDING, run.tape().list(frame.padding())).set(Token.OUT, run.at(attend.out()))
                    .set(Token.WINDOW, window(attend.window()));
        } else {
            launch.set(IntoPast.TURNED_Q, run.at(t.queries().out()));
        }
        launch.add();
    }

    // ---- attention

    /** Begins a kernel of attention with what all of them are told. */
    Launch launch(Operation o, Kernel kernel, Value queries, Value keys, OptionalInt window) {
        return launch(o, kernel, queries, keys, window, 0, frame.batch());
    }

    /** @param row the first of {@code rows} batch rows that take part; addresses are those of this row */
    Launch launch(Operation o, Kernel kernel, Value queries, Value keys, OptionalInt window, int row, int rows) {
        int[] paddings = rows == frame.batch() ? frame.padding() : Arrays.copyOfRange(frame.padding(), row, row + rows);
        return run.launch(o, kernel).set(Shape.BATCH, rows).set(Shape.POS, frame.pos())
                .set(Shape.KEYS, frame.sizes().key()).set(Shape.HEADS, frame.size(queries, "head"))
                .set(Shape.KV_HEADS, frame.size(keys, "kvHead")).set(Shape.D_HEAD, run.width(keys))
                .set(Shape.KEY_STRIDE, Math.toIntExact(frame.keyStride(keys)))
                .set(Shape.PADDING, run.tape().list(paddings)).set(Shape.WINDOW, window(window));
    }

    /** Returns how many of the latest keys a query sees. */
    private int window(OptionalInt window) {
        return Math.min(window.orElse(frame.sizes().key()), frame.sizes().key());
    }

    void scores(Operation o, Value q, Value k, int out, OptionalInt window) {
        launch(o, run.tuning().scores(run.width(q)), q, k, window).set(Scores.Q, run.at(q)).set(Scores.K, run.at(k))
                .set(Scores.SCORES, out).set(Scores.MASKED, run.number(Double.NEGATIVE_INFINITY))
                .set(Scores.MODE, Attention.SCALED).add();
    }

    /** Writes inner products of every query with every key, without scale and mask. */
    void innerProducts(Operation o, Value queries, Value keys, int out) {
        launch(o, run.tuning().scores(run.width(queries)), queries, keys, OptionalInt.empty())
                .set(Scores.Q, run.at(queries)).set(Scores.K, run.at(keys)).set(Scores.SCORES, out)
                .set(Scores.MASKED, run.number(0)).set(Scores.MODE, Attention.RAW).add();
    }

    /** A pattern that may have been changed, so that every key counts. */
    void mix(Operation.Mix o) {
        launch(o, Kernel.MIX, o.out(), o.v(), OptionalInt.empty()).set(Mix.PATTERN, run.at(o.pattern()))
                .set(Mix.V, run.at(o.v())).set(Mix.Z, run.at(o.out())).set(Mix.Z_STRIDE, frame.size(o.out(), "head"))
                .set(Mix.CAUSAL, 0).add();
    }

    /** Writes a sum of values weighted by a pattern that is zero for keys outside a query's window. */
    void mix(Operation o, Value queries, Value values, int pattern, int out, OptionalInt window) {
        launch(o, Kernel.MIX, queries, values, window).set(Mix.PATTERN, pattern).set(Mix.V, run.at(values))
                .set(Mix.Z, out).set(Mix.Z_STRIDE, frame.size(queries, "head")).set(Mix.CAUSAL, 1).add();
    }

    void attend(Operation.Attend o) {
        int heads = frame.size(o.q(), "head"), dHead = run.width(o.q());
        int queries = frame.batch() * frame.pos() * heads, keys = frame.sizes().key();
        if (dHead > FusedAttention.WIDEST) {
            int scores = run.layout().take((long) queries * keys, "scores of " + o.out().name());
            scores(o, o.q(), o.k(), scores, o.window());
            Pass.softmax(run, o, scores, queries, keys, scores);
            mix(o, o.out(), o.v(), scores, run.at(o.out()), o.window());
            return;
        }
        int splits = run.tuning().splits(queries, window(o.window()));
        int scratch = splits == 1 ? 0 : run.scratch((long) queries * splits * (dHead + 2));
        launch(o, run.tuning().attend(frame.pos()), o.q(), o.k(), o.window()).set(Fused.Q, run.at(o.q()))
                .set(Fused.K, run.at(o.k())).set(Fused.V, run.at(o.v())).set(Fused.Z, run.at(o.out()))
                .set(Fused.SPLITS, splits).set(Fused.SCRATCH, scratch).add();
        if (splits > 1)
            launch(o, Kernel.JOIN, o.q(), o.k(), o.window()).set(Join.SCRATCH, scratch).set(Join.SPLITS, splits)
                    .set(Join.Z, run.at(o.out())).add();
    }
}
