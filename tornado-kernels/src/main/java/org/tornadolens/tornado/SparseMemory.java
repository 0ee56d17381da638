package org.tornadolens.tornado;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Host arrays for arrays that live on the device: TornadoVM needs one of the same size for each. They are mappings of
 * empty files, whose pages take no memory until they are touched, and only what is read back touches them.
 */
final class SparseMemory {

    private SparseMemory() {}

    static FloatArray floats(int n) { return FloatArray.fromSegmentShallow(map(n, Float.BYTES)); }

    static ShortArray shorts(int n) { return ShortArray.fromSegmentShallow(map(n, Short.BYTES)); }

    static ByteArray bytes(int n) { return ByteArray.fromSegmentShallow(map(n, Byte.BYTES)); }

    private static MemorySegment map(long elements, int bytes) {
        try {
            Path file = Files.createTempFile("tornadolens", ".device");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                return channel.map(FileChannel.MapMode.PRIVATE, 0, elements * bytes + TornadoNativeArray.ARRAY_HEADER,
                        Arena.ofAuto());
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reserve memory for the device's arrays", e);
        }
    }
}
