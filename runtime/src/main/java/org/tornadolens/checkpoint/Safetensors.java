package org.tornadolens.checkpoint;

import com.google.gson.stream.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.tensor.Tensor;

/**
 * A safetensors file: the u64 length of a JSON header {name: {dtype, shape, data_offsets: [begin, end]}}, the header,
 * and the tensors, row-major and little-endian, without gaps or overlaps. Opening reads only the header.
 */
public final class Safetensors {

    /** The format allows 100,000,000 bytes; models need far fewer, and a hostile header must not fill the heap. */
    private static final long MAX_HEADER_BYTES = 32 << 20;
    private static final int MAX_TENSORS = 250_000;
    private static final int MAX_DIMENSIONS = 32;

    private final Path path;
    private final Map<String, String> metadata;
    private final Map<String, StoredTensor> tensors;

    private Safetensors(Path path, Map<String, String> metadata, Map<String, StoredTensor> tensors) {
        this.path = path;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /** The description of a tensor in the header; offsets in bytes from the end of the header. */
    private record Entry(String name, ElementType type, List<Long> shape, long begin, long end) {}

    private record Header(Map<String, String> metadata, List<Entry> entries) {}

    /** Opens a file, whatever tensors it holds. */
    public static Safetensors open(Path path) {
        MappedFile file = MappedFile.open(path);
        Cursor cursor = file.cursor(0);
        long length = cursor.i64();
        if (length < 0 || length > MAX_HEADER_BYTES) {
            throw new CheckpointException(path,
                    "is not a safetensors file: its header would take " + Long.toUnsignedString(length)
                            + " bytes, more than any model's");
        }
        byte[] json = cursor.bytes(length);
        if (json.length == 0 || json[0] != '{')
            throw new CheckpointException(path, "is not a safetensors file: its header does not begin with {");
        Header header = Json.parse(path, "the safetensors header is not valid", new ByteArrayInputStream(json),
                reader -> header(path, reader));

        long start = cursor.position();
        refuseGaps(path, header.entries(), file.size() - start);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (Entry entry : header.entries()) {
            tensors.put(entry.name(), new StoredTensor(path, entry.name(), entry.type().name(), entry.shape(),
                    file.slice(start + entry.begin(), entry.end() - entry.begin())));
        }
        return new Safetensors(path, header.metadata(), tensors);
    }

    public Set<String> names() { return java.util.Collections.unmodifiableSet(tensors.keySet()); }

    /** Returns the optional string map of the header. */
    public Map<String, String> metadata() {
        return java.util.Collections.unmodifiableMap(metadata);
    }

    /** Returns an f32 copy of a tensor; its axes have the names it was saved with, or else axis0, axis1, … */
    public Tensor tensor(String name) {
        StoredTensor stored = tensors.get(name);
        if (stored == null) throw new CheckpointException(path, name, "is missing; the file has " + someNames());
        return stored.toTensor(axes(stored));
    }

    Map<String, StoredTensor> tensors() { return tensors; }

    private List<String> axes(StoredTensor stored) {
        int rank = stored.shape().size();
        String saved = metadata.get(SafetensorsWriter.AXES + stored.name());
        if (saved == null || rank == 0) return StoredTensor.plainAxes(rank);
        List<String> names = List.of(saved.split(",", -1));
        boolean usable = names.size() == rank && Set.copyOf(names).size() == rank;
        return usable ? names : StoredTensor.plainAxes(rank);
    }

    private String someNames() {
        String some = String.join(", ", tensors.keySet().stream().limit(10).toList());
        return tensors.size() > 10 ? some + " and " + (tensors.size() - 10) + " more" : some;
    }

    private static Header header(Path path, JsonReader json) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Entry> entries = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (!seen.add(name)) throw new CheckpointException(path, name, "is described twice");
            if (seen.size() > MAX_TENSORS)
                throw new CheckpointException(path, "describes more than " + MAX_TENSORS + " tensors");
            if (name.equals("__metadata__")) readMetadata(path, json, metadata);
            else entries.add(entry(path, name, json));
        }
        json.endObject();
        return new Header(metadata, entries);
    }

    private static void readMetadata(Path path, JsonReader json, Map<String, String> metadata) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (metadata.size() > MAX_TENSORS)
                throw new CheckpointException(path, "has more than " + MAX_TENSORS + " entries of metadata");
            if (metadata.put(name, json.nextString()) != null)
                throw new CheckpointException(path, "\"" + name + "\" occurs twice in the metadata");
        }
        json.endObject();
    }

    private static Entry entry(Path path, String name, JsonReader json) throws IOException {
        String dtype = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        json.beginObject();
        while (json.hasNext()) {
            String field = json.nextName();
            boolean first = switch (field) {
                case "dtype" -> dtype == null;
                case "shape" -> shape == null;
                case "data_offsets" -> offsets == null;
                default -> throw new CheckpointException(path, name, "has an unknown field \"" + field + "\"");
            };
            if (!first) throw new CheckpointException(path, name, "has two fields \"" + field + "\"");
            switch (field) {
                case "dtype" -> dtype = json.nextString();
                case "shape" -> shape = sizes(path, name, json);
                default -> offsets = sizes(path, name, json);
            }
        }
        json.endObject();
        if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
            throw new CheckpointException(path, name, "needs a dtype, a shape and two data_offsets");
        }
        return checked(path, name, dtype, shape, offsets.get(0), offsets.get(1));
    }

    /** Checks that the element type is known and that the number of bytes matches the shape. */
    private static Entry checked(Path path, String name, String dtype, List<Long> shape, long begin, long end) {
        ElementType type = ElementType.named(dtype)
                .orElseThrow(() -> new CheckpointException(path, name, "its dtype " + dtype + " is not known"));
        long bytes = type.bytes;
        try {
            for (long size : shape) bytes = Math.multiplyExact(bytes, size);
        } catch (ArithmeticException _) {
            throw new CheckpointException(path, name, "its shape " + shape + " is larger than any file");
        }
        if (end < begin || end - begin != bytes) {
            throw new CheckpointException(path, name,
                    "its data_offsets " + List.of(begin, end) + " hold " + (end - begin)
                            + " bytes where " + dtype + " " + shape + " takes " + bytes);
        }
        return new Entry(name, type, shape, begin, end);
    }

    private static List<Long> sizes(Path path, String name, JsonReader json) throws IOException {
        List<Long> sizes = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            long size = json.nextLong();
            if (size < 0) throw new CheckpointException(path, name, "has a negative size or offset " + size);
            if (sizes.size() == MAX_DIMENSIONS)
                throw new CheckpointException(path, name, "has more than " + MAX_DIMENSIONS + " dimensions");
            sizes.add(size);
        }
        json.endArray();
        return sizes;
    }

    private static void refuseGaps(Path path, List<Entry> entries, long available) {
        List<Entry> inOrder = new ArrayList<>(entries);
        inOrder.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long covered = 0;
        for (Entry entry : inOrder) {
            if (entry.begin() < covered)
                throw new CheckpointException(path, entry.name(),
                        "overlaps the tensor before it, at byte " + entry.begin() + " of the data");
            if (entry.begin() > covered)
                throw new CheckpointException(path, entry.name(),
                        "begins at byte " + entry.begin() + " of the data, leaving a gap after byte " + covered);
            covered = entry.end();
            if (covered > available) {
                throw new CheckpointException(path, entry.name(),
                        "is cut short: it ends at byte " + covered + " of the data and the file has " + available);
            }
        }
        if (covered < available)
            throw new CheckpointException(path, "has " + (available - covered) + " bytes after its last tensor");
    }
}
