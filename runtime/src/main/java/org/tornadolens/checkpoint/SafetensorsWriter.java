package org.tornadolens.checkpoint;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/** Collects named tensors and writes them as one safetensors file, completely or not at all. */
public final class SafetensorsWriter {

    /** Prefix of the metadata key that holds the names of a tensor's axes: "batch,pos,dModel". */
    static final String AXES = "axes.";

    /** The data starts at a multiple of this, so that mapped rows are aligned for vector loads. */
    private static final int ALIGNMENT = 64;

    /** Floats that are decoded and written at a time, unless a single row has more. */
    private static final int BUFFERED = 1 << 18;

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private record Entry(DType type, List<Integer> shape, long bytes, AtomicFile.Content content) {}

    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /** Adds an f32 tensor; the names of its axes go into the metadata. */
    public SafetensorsWriter add(String name, Tensor tensor) {
        metadata.put(AXES + name, String.join(",", tensor.shape().names()));
        List<Integer> shape = tensor.shape().axes().stream().map(axis -> axis.size()).toList();
        return put(name,
                new Entry(DType.F32, shape, tensor.elements() * Float.BYTES, channel -> Values.write(channel, tensor)));
    }

    /** Adds a weight in its own type (f32 if quantised) and canonical row order; a vector has one dimension. */
    public SafetensorsWriter add(String name, Weight weight) {
        List<Integer> shape = weight.rows() == 1 ? List.of(weight.columns()) : List.of(weight.rows(), weight.columns());
        DType type = weight.type().quantised() ? DType.F32 : weight.type();
        return put(name, new Entry(type, shape, type.bytes(weight.elements()), channel -> write(channel, weight)));
    }

    private SafetensorsWriter put(String name, Entry entry) {
        if (name.equals("__metadata__") || entries.put(name, entry) != null) {
            throw new UsageException("a safetensors file cannot hold another tensor named " + name);
        }
        return this;
    }

    public void write(Path path) {
        AtomicFile.write(path, channel -> {
            byte[] json = header().getBytes(StandardCharsets.UTF_8);
            int padded = Math.ceilDiv(Long.BYTES + json.length, ALIGNMENT) * ALIGNMENT - Long.BYTES;
            ByteBuffer header =
                    ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
            while (header.hasRemaining()) header.put((byte) ' ');
            AtomicFile.writeAll(channel, header.flip());
            for (Entry entry : entries.values()) entry.content().writeTo(channel);
        });
    }

    private String header() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.setHtmlSafe(false);
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name("__metadata__").beginObject();
                for (Map.Entry<String, String> pair : metadata.entrySet())
                    json.name(pair.getKey()).value(pair.getValue());
                json.endObject();
            }
            long begin = 0;
            for (Map.Entry<String, Entry> named : entries.entrySet()) {
                Entry entry = named.getValue();
                json.name(named.getKey()).beginObject().name("dtype").value(entry.type().name()).name("shape")
                        .beginArray();
                for (int size : entry.shape()) json.value(size);
                json.endArray().name("data_offsets").beginArray().value(begin).value(begin + entry.bytes()).endArray()
                        .endObject();
                begin += entry.bytes();
            }
            json.endObject();
        }
        return text.toString();
    }

    private static void write(FileChannel channel, Weight weight) throws IOException {
        if (weight.type().quantised()) {
            writeDecoded(channel, weight);
        } else if (weight.order().equals(RowOrder.IDENTITY)) {
            AtomicFile.writeAll(channel, weight.data());
        } else {
            for (int r = 0; r < weight.rows(); r++)
                AtomicFile.writeAll(channel, weight.data().asSlice(weight.rowOffset(r), weight.rowBytes()));
        }
    }

    /** Writes a weight as f32, as many rows at a time as fit a buffer. */
    private static void writeDecoded(FileChannel channel, Weight weight) throws IOException {
        int columns = weight.columns(), together = Math.clamp(BUFFERED / columns, 1, weight.rows());
        float[] row = new float[columns];
        ByteBuffer bytes = ByteBuffer.allocateDirect(together * columns * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int first = 0; first < weight.rows(); first += together) {
            FloatBuffer floats = bytes.clear().asFloatBuffer();
            for (int r = first; r < Math.min(weight.rows(), first + together); r++) {
                weight.row(r, row);
                floats.put(row);
            }
            AtomicFile.writeAll(channel, bytes.limit(floats.position() * Float.BYTES));
        }
    }
}
