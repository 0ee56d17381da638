package org.tornadolens.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;
import org.tornadolens.testing.ResourceFiles;

/** Blocks of every type and the values that the gguf package decodes from them (golden/make_types.py). */
public final class TypeGoldens {

    private static final Map<DType, List<MemorySegment>> TAME = new EnumMap<>(DType.class);

    private TypeGoldens() {}

    static Path path(DType type) { return ResourceFiles.path("types/" + type + ".gguf"); }

    /** Returns the blocks of the file as a weight. */
    public static Weight blocks(DType type) {
        return weight(GgufFile.open(path(type)).tensors().get("blocks"));
    }

    /** Returns the decoded values, f32. */
    public static Weight values(DType type) {
        return weight(GgufFile.open(path(type)).tensors().get("values"));
    }

    private static Weight weight(StoredTensor tensor) {
        int rows = tensor.shape().getFirst().intValue(), columns = tensor.shape().getLast().intValue();
        return new Weight(tensor.name(), DType.named(tensor.type()).orElseThrow(), rows, columns, tensor.data());
    }

    /** Returns a weight of random blocks from the half of the file whose elements have magnitudes about one. */
    public static Weight random(Random random, DType type, int rows, int columns) {
        List<MemorySegment> tame;
        synchronized (TAME) {
            tame = TAME.computeIfAbsent(type, TypeGoldens::tame);
        }
        MemorySegment data = Arena.ofAuto().allocate(rows * type.bytes(columns), 64);
        for (long at = 0; at < data.byteSize(); at += type.blockBytes()) {
            MemorySegment.copy(tame.get(random.nextInt(tame.size())), 0, data, at, type.blockBytes());
        }
        return new Weight("random " + type, type, rows, columns, data);
    }

    /** Returns the blocks of the first half of the file. */
    private static List<MemorySegment> tame(DType type) {
        MemorySegment data = blocks(type).data();
        List<MemorySegment> blocks = new ArrayList<>();
        for (long at = 0; at < data.byteSize() / 2; at += type.blockBytes())
            blocks.add(data.asSlice(at, type.blockBytes()));
        return blocks;
    }
}
