package org.tornadolens.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.tensor.DType;

/**
 * A GGUF container, version 2 or 3: "GGUF", u32 version, u64 number of tensors, u64 number of keys, the key-value
 * pairs, a description of each tensor, padding to the alignment, the tensors. Arrays in the metadata are read on
 * demand.
 */
final class GgufFile {

    private static final long MIN_KEY_BYTES = 8 + 4 + 1;          // length, type, one byte of value
    private static final long MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;   // length, dimensions, type, offset
    private static final int MAX_COUNT = 250_000;                 // of keys, and of tensors
    private static final long MAX_TEXT_BYTES = 64 << 20;          // of all names and strings in memory
    private static final int MAX_DIMENSIONS = 4;
    private static final int MAX_DEPTH = 4;                       // of nested arrays
    private static final long MAX_ELEMENTS = 1 << 22;             // of arrays that are read one by one

    private static final int STRING = 8;
    private static final int ARRAY = 9;

    /** ggml's element types by number; those that {@link DType} supports have its names, others serve messages. */
    private static final Map<Integer, String> TYPES = Map.ofEntries(
            Map.entry(0, "F32"), Map.entry(1, "F16"), Map.entry(2, "Q4_0"), Map.entry(3, "Q4_1"),
            Map.entry(6, "Q5_0"), Map.entry(7, "Q5_1"), Map.entry(8, "Q8_0"), Map.entry(9, "Q8_1"),
            Map.entry(10, "Q2_K"), Map.entry(11, "Q3_K"), Map.entry(12, "Q4_K"), Map.entry(13, "Q5_K"),
            Map.entry(14, "Q6_K"), Map.entry(15, "Q8_K"), Map.entry(16, "IQ2_XXS"), Map.entry(17, "IQ2_XS"),
            Map.entry(18, "IQ3_XXS"), Map.entry(19, "IQ1_S"), Map.entry(20, "IQ4_NL"), Map.entry(21, "IQ3_S"),
            Map.entry(22, "IQ2_S"), Map.entry(23, "IQ4_XS"), Map.entry(24, "I8"), Map.entry(25, "I16"),
            Map.entry(26, "I32"), Map.entry(27, "I64"), Map.entry(28, "F64"), Map.entry(29, "IQ1_M"),
            Map.entry(30, "BF16"), Map.entry(34, "TQ1_0"), Map.entry(35, "TQ2_0"), Map.entry(39, "MXFP4"));

    private final MappedFile file;
    private final Cursor cursor;
    private final int version;
    private final GgufMetadata metadata;
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    private long textKept, elementsRead;

    /** The description of a tensor; the offset counts from the start of the data. */
    private record Description(String name, DType type, List<Long> shape, long offset, long bytes) {}

    private GgufFile(MappedFile file) {
        this.file = file;
        this.cursor = file.cursor(0);
        if (!file.has(0, "GGUF")) throw problem("is not a GGUF file: it does not begin with \"GGUF\"");
        cursor.skip(4);
        version = cursor.i32();
        if (version != 2 && version != 3) {
            boolean bigEndian = Integer.reverseBytes(version) >= 1 && Integer.reverseBytes(version) <= 3;
            throw problem(bigEndian ? "is a big-endian GGUF file, which is not supported"
                    : "has GGUF version " + version + "; only 2 and 3 are supported");
        }
        long tensorCount = count(cursor.i64(), MIN_TENSOR_BYTES, "tensors");
        metadata = readMetadata(count(cursor.i64(), MIN_KEY_BYTES, "keys"));
        readTensors(tensorCount);
    }

    static GgufFile open(Path path) { return new GgufFile(MappedFile.open(path)); }

    int version() { return version; }

    GgufMetadata metadata() { return metadata; }

    Map<String, StoredTensor> tensors() { return tensors; }

    private long count(long claimed, long bytesEach, String what) {
        cursor.count(claimed, bytesEach, what);
        if (claimed > MAX_COUNT) throw problem("claims " + claimed + " " + what + ", more than " + MAX_COUNT);
        return claimed;
    }

    private GgufMetadata readMetadata(long count) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            String key = string();
            if (values.put(key, value(cursor.i32())) != null) throw problem("has the key " + key + " twice");
        }
        return new GgufMetadata(file, values);
    }

    private Object value(int type) {
        return switch (type) {
            case 0 -> (long) cursor.u8();
            case 1 -> (long) cursor.i8();
            case 2 -> (long) cursor.u16();
            case 3 -> (long) cursor.i16();
            case 4 -> cursor.u32();
            case 5 -> (long) cursor.i32();
            case 6 -> Double.parseDouble(Float.toString(cursor.f32()));   // 1e-5f is read as 1e-5
            case 7 -> cursor.u8() != 0;
            case STRING -> string();
            case ARRAY -> array();
            case 10, 11 -> cursor.i64();
            case 12 -> cursor.f64();
            default -> throw problem("has a value of unknown type " + type + " before byte " + cursor.position());
        };
    }

    private GgufArray array() {
        int type = cursor.i32();
        long count = cursor.i64(), start = cursor.position();
        skipElements(type, count, 0);
        return new GgufArray(file, type, count, start, cursor.position());
    }

    /** Checks and skips the elements of an array; there may be millions, of which no object is made. */
    private void skipElements(int type, long count, int depth) {
        int width = GgufArray.width(type);
        if (width == 0) throw problem("has an array of unknown type " + type + " before byte " + cursor.position());
        cursor.count(count, width, "array elements");
        if (type == STRING || type == ARRAY) elementsRead += count;
        if (elementsRead > MAX_ELEMENTS)
            throw problem("has arrays of more than " + MAX_ELEMENTS + " elements, more than any vocabulary");
        switch (type) {
            case STRING -> {
                for (long i = 0; i < count; i++) cursor.skip(cursor.i64());
            }
            case ARRAY -> {
                if (depth == MAX_DEPTH) throw problem("has arrays nested deeper than " + MAX_DEPTH);
                for (long i = 0; i < count; i++) skipElements(cursor.i32(), cursor.i64(), depth + 1);
            }
            default -> cursor.skip(count * width);
        }
    }

    private String string() {
        long length = cursor.count(cursor.i64(), 1, "bytes of text");
        textKept += length;
        if (textKept > MAX_TEXT_BYTES) throw problem("has more than " + MAX_TEXT_BYTES + " bytes of names and strings");
        return cursor.utf8(length);
    }

    private void readTensors(long count) {
        List<Description> descriptions = new ArrayList<>();
        for (long i = 0; i < count; i++) descriptions.add(description());
        long alignment = metadata.integer("general.alignment", 32);
        if (alignment <= 0) throw problem("has the alignment " + alignment);
        long start = Math.ceilDiv(cursor.position(), alignment) * alignment;
        refuseOverlaps(descriptions, alignment, file.size() - start);
        for (Description d : descriptions) {
            StoredTensor tensor = new StoredTensor(file.path(), d.name(), d.type().name(), d.shape(),
                    file.slice(start + d.offset(), d.bytes()));
            if (tensors.put(d.name(), tensor) != null) throw tensor.problem("is described twice");
        }
    }

    private Description description() {
        String name = string();
        int dimensions = cursor.i32();
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS)
            throw new CheckpointException(file.path(), name,
                    "has " + Integer.toUnsignedString(dimensions) + " dimensions");
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < dimensions; i++) shape.addFirst(cursor.i64());   // innermost first in the file
        int number = cursor.i32();
        String typeName = TYPES.getOrDefault(number, "number " + number);
        DType type = DType.named(typeName).orElseThrow(() -> new CheckpointException(file.path(), name,
                "its type " + typeName + " is not supported; " + Arrays.toString(DType.values()) + " are"));
        return new Description(name, type, shape, cursor.i64(), bytes(name, type, shape));
    }

    private long bytes(String name, DType type, List<Long> shape) {
        long columns = shape.isEmpty() ? 1 : shape.getLast();
        if (columns % type.blockElements() != 0) {
            throw new CheckpointException(file.path(), name,
                    "its rows of " + columns + " do not fill whole " + type + " blocks of " + type.blockElements());
        }
        try {
            long elements = 1;
            for (long size : shape) {
                if (size <= 0) throw new CheckpointException(file.path(), name, "has the shape " + shape);
                elements = Math.multiplyExact(elements, size);
            }
            return type.bytes(elements);
        } catch (ArithmeticException _) {
            throw new CheckpointException(file.path(), name, "its shape " + shape + " is larger than any file");
        }
    }

    private void refuseOverlaps(List<Description> descriptions, long alignment, long available) {
        List<Description> inOrder = new ArrayList<>(descriptions);
        inOrder.sort(Comparator.comparingLong(Description::offset));
        long covered = 0;
        for (Description d : inOrder) {
            if (d.offset() < 0 || d.offset() % alignment != 0) {
                throw new CheckpointException(file.path(), d.name(), "its offset " + Long.toUnsignedString(d.offset())
                        + " is not a multiple of the alignment " + alignment);
            }
            if (d.offset() < covered)
                throw new CheckpointException(file.path(), d.name(),
                        "overlaps the tensor before it, at byte " + d.offset() + " of the data");
            if (d.bytes() > available - d.offset()) {
                throw new CheckpointException(file.path(), d.name(),
                        "is cut short: it takes " + d.bytes() + " bytes from byte " + d.offset()
                                + " of the data, which has " + Math.max(available, 0));
            }
            covered = d.offset() + d.bytes();
        }
    }

    private CheckpointException problem(String text) { return new CheckpointException(file.path(), text); }
}
