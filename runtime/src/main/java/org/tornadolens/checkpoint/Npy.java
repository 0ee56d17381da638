package org.tornadolens.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tornadolens.tensor.Tensor;

/**
 * Reads and writes NumPy's .npy files: "\x93NUMPY", the version, the length of the header, the header (a Python
 * dictionary such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }), then the elements. The format has no
 * names for axes.
 */
public final class Npy {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final long MAX_HEADER_BYTES = 1 << 20;
    private static final int ALIGNMENT = 64;
    private static final int MAX_DIMENSIONS = 32;

    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d, ]*)\\)");

    private static final Pattern SIZE = Pattern.compile(" *\\d{1,18} *");

    private static final Map<String, ElementType> TYPES = Map.ofEntries(
            Map.entry("<f4", ElementType.F32), Map.entry("<f8", ElementType.F64), Map.entry("<f2", ElementType.F16),
            Map.entry("<i8", ElementType.I64), Map.entry("<i4", ElementType.I32), Map.entry("<i2", ElementType.I16),
            Map.entry("|i1", ElementType.I8), Map.entry("<u8", ElementType.U64), Map.entry("<u4", ElementType.U32),
            Map.entry("<u2", ElementType.U16), Map.entry("|u1", ElementType.U8), Map.entry("|b1", ElementType.BOOL));

    private Npy() {}

    /** Returns a row-major f32 copy of an array of floats, integers or booleans, with axes axis0, axis1, … */
    public static Tensor read(Path path) {
        MappedFile file = MappedFile.open(path);
        Cursor cursor = file.cursor(0);
        for (byte b : MAGIC)
            if (cursor.remaining() == 0 || cursor.i8() != b) throw new CheckpointException(path, "is not a .npy file");
        int version = cursor.u8();
        cursor.skip(1);
        long length = version == 1 ? cursor.u16() : cursor.u32();
        if (version < 1 || version > 3 || length > MAX_HEADER_BYTES)
            throw new CheckpointException(path,
                    "has .npy version " + version + " with a header of " + length + " bytes");
        String header = cursor.latin1(length);

        String descr = field(path, header, DESCR, "descr");
        ElementType type = TYPES.get(descr);
        if (type == null)
            throw new CheckpointException(path,
                    "its type " + descr + " is not supported; " + TYPES.keySet().stream().sorted().toList() + " are");
        List<Long> shape = shape(path, field(path, header, SHAPE, "shape"));
        boolean fortran = field(path, header, FORTRAN, "fortran_order").equals("True");

        MemorySegment data = file.slice(cursor.position(), cursor.remaining());
        long expected = bytes(path, shape, type);
        if (data.byteSize() != expected) {
            throw new CheckpointException(path,
                    "holds " + data.byteSize() + " bytes where " + descr + " " + shape + " takes " + expected);
        }
        String name = path.getFileName().toString();
        List<String> axes = StoredTensor.plainAxes(shape.size());
        if (!fortran || shape.size() < 2) return new StoredTensor(path, name, type.name(), shape, data).toTensor(axes);
        return new StoredTensor(path, name, type.name(), shape.reversed(), data).toTensor(axes.reversed())
                .transpose(axes.toArray(String[]::new)).copy();
    }

    /** Writes f32, row-major. */
    public static void write(Path path, Tensor tensor) {
        List<Integer> sizes = tensor.shape().axes().stream().map(axis -> axis.size()).toList();
        // Python also accepts tuples with a trailing comma: (3, 4,) and (3,)
        String tuple = sizes.stream().map(size -> size + ", ").collect(Collectors.joining());
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + tuple.strip() + "), }";
        int start = MAGIC.length + 4;
        int padded = Math.ceilDiv(start + header.length() + 1, ALIGNMENT) * ALIGNMENT;
        ByteBuffer bytes = ByteBuffer.allocate(padded).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (padded - start))
                .put(header.getBytes(StandardCharsets.US_ASCII));
        while (bytes.remaining() > 1) bytes.put((byte) ' ');
        bytes.put((byte) '\n');
        AtomicFile.write(path, channel -> {
            AtomicFile.writeAll(channel, bytes.flip());
            Values.write(channel, tensor);
        });
    }

    private static String field(Path path, String header, Pattern pattern, String name) {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) throw new CheckpointException(path, "its header has no " + name + " of a plain array");
        return matcher.group(1);
    }

    private static List<Long> shape(Path path, String tuple) {
        List<Long> shape = new ArrayList<>();
        for (String size : tuple.split(",")) {
            if (size.isBlank()) continue;
            if (!SIZE.matcher(size).matches() || shape.size() == MAX_DIMENSIONS)
                throw new CheckpointException(path, "has the shape (" + tuple + ")");
            shape.add(Long.parseLong(size.strip()));
        }
        return shape;
    }

    private static long bytes(Path path, List<Long> shape, ElementType type) {
        try {
            long bytes = type.bytes;
            for (long size : shape) bytes = Math.multiplyExact(bytes, size);
            return bytes;
        } catch (ArithmeticException _) {
            throw new CheckpointException(path, "its shape " + shape + " is larger than any file");
        }
    }
}
