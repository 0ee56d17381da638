package org.tornadolens.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.architecture.FileFormat;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.memory.OffHeap;

/**
 * Joins tensors that Meta's training split over ranks. Some layers give each rank a share of the rows, some a share of
 * the columns, and norms are replicated. With one rank everything stays mapped; with several, split tensors are joined
 * in off-heap memory.
 *
 * @param ranks each rank's tensors by name, rank 0 first
 */
record ModelParallel(Path folder, List<Map<String, StoredTensor>> ranks) {

    private static final String EMBEDDING = ParameterSpec.EMBEDDING.name(FileFormat.META, -1).orElseThrow();
    private static final String FINAL_NORM = ParameterSpec.NORM_FINAL.name(FileFormat.META, -1).orElseThrow();
    /** The projections whose inputs are split over the ranks. */
    private static final List<ParameterSpec> SPLIT_BY_COLUMNS = List.of(ParameterSpec.W_O, ParameterSpec.W_DOWN);

    private static final String CONVERT = "convert the checkpoint to safetensors "
            + "(transformers' convert_llama_weights_to_hf.py), which need no copy";

    private enum Split { NONE, ROWS, COLUMNS }

    /** Returns the number of rows of the joined embedding. */
    int vocabularySize() {
        StoredTensor embedding = ranks.getFirst().get(EMBEDDING);
        if (embedding == null) throw new CheckpointException(folder, EMBEDDING, "is missing");
        List<Long> shape = shape(embedding);
        if (shape.size() != 2 || shape.getFirst() <= 0 || shape.getFirst() > Integer.MAX_VALUE)
            throw embedding.problem("its shape is " + embedding.shape());
        return shape.getFirst().intValue();
    }

    Map<String, StoredTensor> joined() {
        if (ranks.size() == 1) return ranks.getFirst();
        refuseUnknownTensors();
        refuseIfTooLarge();
        Map<String, StoredTensor> joined = new LinkedHashMap<>();
        ranks.getFirst().forEach((name, first) -> joined.put(name, join(first)));
        return joined;
    }

    private void refuseUnknownTensors() {
        for (Map<String, StoredTensor> rank : ranks) {
            for (StoredTensor tensor : rank.values()) {
                if (!ranks.getFirst().containsKey(tensor.name()))
                    throw tensor.problem("is not in the first part of the checkpoint");
            }
        }
    }

    /** Names that share a storage take no room in a file, but a copy each where they are joined. */
    private void refuseIfTooLarge() {
        long files = 0;
        for (Map<String, StoredTensor> rank : ranks) {
            Path file = rank.values().stream().map(StoredTensor::file).findFirst().orElse(null);
            if (file != null) files += MappedFile.open(file).size();
        }
        if (splitBytes() > 2 * files)
            throw new CheckpointException(folder, "has parts of " + files + " bytes whose tensors take " + splitBytes()
                    + ": many of its names are for the same values, as in no model");
        OffHeap.require(splitBytes(), "joining the " + ranks.size() + " parts of " + folder, CONVERT);
    }

    private long splitBytes() {
        return ranks.getFirst().values().stream().filter(tensor -> split(tensor) != Split.NONE)
                .mapToLong(tensor -> tensor.data().byteSize()).sum() * ranks.size();
    }

    private StoredTensor join(StoredTensor first) {
        Split split = split(first);
        if (split == Split.NONE) return first;
        if (first.data().byteSize() == 0) throw first.problem("has the shape " + first.shape());
        List<MemorySegment> parts = new ArrayList<>();
        for (int rank = 0; rank < ranks.size(); rank++) parts.add(part(rank, first).data());
        long pieces = split == Split.ROWS ? 1 : first.shape().getFirst();
        return new StoredTensor(first.file(), first.name(), first.type(), shape(first), interleave(parts, pieces));
    }

    private StoredTensor part(int rank, StoredTensor first) {
        StoredTensor part = ranks.get(rank).get(first.name());
        if (part == null) throw first.problem("is missing in part " + rank);
        if (!part.shape().equals(first.shape()) || !part.type().equals(first.type())) {
            throw part.problem("is " + part.type() + " " + part.shape() + " where the first part has " + first.type()
                    + " " + first.shape());
        }
        return part;
    }

    /** Interleaves the parts, each in {@code pieces} pieces: one if split by rows, one per row if split by columns. */
    private static MemorySegment interleave(List<MemorySegment> parts, long pieces) {
        long part = parts.getFirst().byteSize(), piece = part / pieces;
        MemorySegment whole = OffHeap.allocate(part * parts.size(), "joining the parts of a checkpoint", CONVERT);
        long to = 0;
        for (long i = 0; i < pieces; i++) {
            for (MemorySegment from : parts) {
                MemorySegment.copy(from, i * piece, whole, to, piece);
                to += piece;
            }
        }
        return whole;
    }

    private List<Long> shape(StoredTensor part) {
        return switch (split(part)) {
            case NONE -> part.shape();
            case ROWS -> List.of(part.shape().get(0) * ranks.size(), part.shape().get(1));
            case COLUMNS -> List.of(part.shape().get(0), part.shape().get(1) * ranks.size());
        };
    }

    /** Checkpoints before Llama 3 split the embedding by columns, later ones by rows; a norm has the full width. */
    private Split split(StoredTensor part) {
        if (ranks.size() == 1 || part.shape().size() != 2) return Split.NONE;
        if (part.name().equals(EMBEDDING)) {
            StoredTensor norm = ranks.getFirst().get(FINAL_NORM);
            return norm != null && norm.shape().equals(part.shape().subList(1, 2)) ? Split.ROWS : Split.COLUMNS;
        }
        boolean byColumns =
                ParameterSpec.of(FileFormat.META, part.name()).filter(SPLIT_BY_COLUMNS::contains).isPresent();
        return byColumns ? Split.COLUMNS : Split.ROWS;
    }
}
