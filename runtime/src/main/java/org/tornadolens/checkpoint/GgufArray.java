package org.tornadolens.checkpoint;

import java.util.ArrayList;
import java.util.List;

/**
 * An array in GGUF metadata, as a range of the file.
 *
 * @param type  GGUF's number of the element type
 * @param start position of the first byte
 * @param end   position after the last byte
 */
record GgufArray(MappedFile file, int type, long count, long start, long end) {

    /** No vocabulary is larger; the limits keep a hostile file from filling the heap. */
    private static final long MAX_ELEMENTS = 1 << 20;
    private static final long MAX_BYTES = 64 << 20;

    private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

    /** Returns the least number of bytes that an element of this type takes; 0 for an unknown type. */
    static int width(int type) {
        return type >= 0 && type < WIDTHS.length ? WIDTHS[type] : 0;
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
        if (count > MAX_ELEMENTS || end - start > MAX_BYTES) {
            throw new CheckpointException(file.path(),
                    key + " has " + count + " elements in " + (end - start) + " bytes, more than any vocabulary");
        }
    }
}
