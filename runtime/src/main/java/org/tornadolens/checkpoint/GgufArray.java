package org.tornadolens.checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * An array in GGUF metadata, where it lies in the file.
 *
 * @param type  of its elements, as GGUF numbers them
 * @param start byte of its first element
 * @param end   byte after its last
 */
record GgufArray(MappedFile file, int type, long count, long start, long end) {

    /** No vocabulary is larger, and a hostile one must not fill the heap. */
    private static final long MOST = 1 << 20;
    private static final long LARGEST = 64 << 20;   // bytes

    private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

    /** Bytes that an element of this type takes, at least. */
    static OptionalInt width(int type) {
        return type >= 0 && type < WIDTHS.length ? OptionalInt.of(WIDTHS[type]) : OptionalInt.empty();
    }

    List<String> strings(String key) {
        refuseUnless(type == 8, key, "strings");
        List<String> strings = new ArrayList<>();
        Cursor cursor = file.cursor(start);
        for (long i = 0; i < count; i++) strings.add(cursor.utf8(cursor.i64()));
        return strings;
    }

    float[] floats(String key) {
        refuseUnless(type == 6, key, "f32 numbers");
        float[] floats = new float[(int) count];
        Cursor cursor = file.cursor(start);
        for (int i = 0; i < floats.length; i++) floats[i] = cursor.f32();
        return floats;
    }

    int[] integers(String key) {
        refuseUnless(type == 4 || type == 5, key, "32-bit integers");
        int[] integers = new int[(int) count];
        Cursor cursor = file.cursor(start);
        for (int i = 0; i < integers.length; i++) integers[i] = cursor.i32();
        return integers;
    }

    private void refuseUnless(boolean right, String key, String needed) {
        if (!right) throw new CheckpointException(file.path(), key + " must be an array of " + needed);
        if (count > MOST || end - start > LARGEST) {
            throw new CheckpointException(file.path(),
                    key + " has " + count + " elements in " + (end - start) + " bytes, more than any vocabulary");
        }
    }
}
