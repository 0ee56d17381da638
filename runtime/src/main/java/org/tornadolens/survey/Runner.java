package org.tornadolens.survey;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.Interruption;
import org.tornadolens.backend.Inputs;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.dataset.Row;
import org.tornadolens.linalg.Vectors;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/** Runs the rows of a unit in batches, into memory that all batches share. */
final class Runner {

    /** Tokens of a batch; larger ones are not faster. */
    private static final int TOKENS = 2048;

    private final SurveyProgram program;
    private final OptionalInt batch;
    private final long budget;
    private final Map<Value, MemorySegment> memory = new LinkedHashMap<>();

    /**
     * @param batch  most rows of a batch
     * @param budget most bytes of a run
     */
    Runner(SurveyProgram program, OptionalInt batch, long budget) {
        this.program = program;
        this.batch = batch;
        this.budget = budget;
    }

    long bytes(int rows, int length) { return program.executable().plan(new Sizes(rows, length, 0)).bytes(); }

    /** @throws MemoryException if not even one row of this length fits */
    void require(int length) {
        long needed = bytes(1, length);
        if (needed > budget)
            throw new MemoryException("a survey of rows of " + length + " tokens", needed, budget,
                    "collect fewer values at once, or give the dataset a smaller length");
    }

    /** Divides rows, the longest first, into batches that fit. */
    List<Batch> batches(List<Row> rows) {
        List<Batch> batches = new ArrayList<>();
        for (int from = 0; from < rows.size();) {
            int length = rows.get(from).ids().length, left = rows.size() - from;
            int count = Math.clamp(batch.orElse(Math.max(1, TOKENS / length)), 1, left);
            while (count > 1 && bytes(count, length) > budget) count = (count + 1) / 2;
            if (count == 1) require(length);
            batches.add(new Batch(rows.subList(from, from + count)));
            from += count;
        }
        return batches;
    }

    /** Runs a batch; the values are those of this batch until the next is run. */
    Map<Value, Tensor> run(Batch batch) {
        Interruption.check();
        Sizes sizes = new Sizes(batch.rows(), batch.length(), 0);
        Map<Value, Tensor> kept = new LinkedHashMap<>();
        for (Value value : program.executable().program().kept())
            kept.put(value, Tensor.over(value.shape(sizes), memory(value, value.elements(sizes) * Float.BYTES)));
        program.executable().run(new Inputs(batch.tokens().ids(), batch.tokens().padding(), Optional.empty(),
                program.given(batch.tokens())), kept);
        return kept;
    }

    private MemorySegment memory(Value value, long bytes) {
        MemorySegment own = memory.get(value);
        if (own == null || own.byteSize() < bytes) {
            own = OffHeap.allocate(bytes, "a batch of a survey", "give a smaller batch");
            memory.put(value, own);
        }
        return own.asSlice(0, bytes);
    }

    /** Tells of the rows that have a value which is not a number. */
    interface NotFinite {
        void found(int row, String what);
    }

    /** Looks for numbers that are NaN or infinite in the values of a batch, at tokens only. */
    void check(Batch batch, Map<Value, Tensor> kept, NotFinite found) {
        boolean[] told = new boolean[batch.rows()];
        kept.forEach((value, tensor) -> {
            MemorySegment data = tensor.data();
            if (Double.isFinite(Vectors.sumOfSquares(data, tensor.elements()))) return;
            boolean loss = program.loss().filter(value::equals).isPresent();
            int positions = SurveyProgram.positional(value) ? batch.length() : 1;
            long each = tensor.elements() / batch.rows() / positions;
            for (int row = 0; row < batch.rows(); row++) {
                int from = positions == 1 ? 0 : batch.padding(row), to = loss ? positions - 1 : positions;
                for (int position = from; position < to && !told[row]; position++) {
                    long at = ((long) row * positions + position) * each;
                    for (long i = at; i < at + each && !told[row]; i++) {
                        float x = data.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                        if (Float.isFinite(x)) continue;
                        told[row] = true;
                        found.found(row, value.name() + " is " + x
                                + (positions == 1 ? "" : " at position " + (position - from)));
                    }
                }
            }
        });
    }
}
