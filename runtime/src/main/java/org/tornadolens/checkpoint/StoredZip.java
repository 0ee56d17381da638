package org.tornadolens.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A zip archive whose entries are stored without compression, as torch.save writes them, so that each can be mapped in
 * place. The central directory may be that of zip64, for archives over 4 GB.
 */
final class StoredZip {

    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int LOCATOR_64 = 0x07064b50;

    private static final int END_BYTES = 22;
    private static final int MAX_COMMENT_BYTES = 0xffff;
    private static final int LOCATOR_BYTES = 20;
    private static final long MAX_DIRECTORY_BYTES = 16 << 20;
    private static final long IN_ZIP64 = 0xffffffffL;   // marks a 32-bit field whose value is in the zip64 extra field

    private final MappedFile file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private record Entry(String name, int method, int flags, long stored, long size, long local) {}

    private record Directory(long count, long bytes, long offset) {}

    private StoredZip(MappedFile file) {
        this.file = file;
        if (!file.has(0, "PK"))
            throw problem("is not a zip archive as written by torch.save since version 1.6; "
                    + "save it again with a newer torch");
        readDirectory(findDirectory());
    }

    static StoredZip open(Path path) { return new StoredZip(MappedFile.open(path)); }

    Set<String> names() { return entries.keySet(); }

    /** Returns the bytes of an entry, mapped in place. */
    MemorySegment data(String name) {
        Entry entry = entries.get(name);
        if (entry == null) throw problem("has no entry " + name);
        if (entry.method() != 0 || entry.stored() != entry.size())
            throw problem("its entry " + name + " is compressed; save the checkpoint again with torch.save");
        if ((entry.flags() & 1) != 0) throw problem("its entry " + name + " is encrypted");
        Cursor local = file.cursor(entry.local());
        if (local.i32() != LOCAL) throw problem("its entry " + name + " is not where the directory says");
        local.skip(22);
        int nameBytes = local.u16(), extraBytes = local.u16();
        local.skip(nameBytes + extraBytes);
        return file.slice(local.position(), entry.size());
    }

    MappedFile file() { return file; }

    private Directory findDirectory() {
        long end = file.size() - END_BYTES;
        long earliest = Math.max(0, end - MAX_COMMENT_BYTES);
        while (end >= earliest && file.cursor(end).i32() != END) end--;
        if (end < earliest) throw problem("is cut short: the zip directory at its end is missing");
        Cursor cursor = file.cursor(end + 10);
        Directory directory = new Directory(cursor.u16(), cursor.u32(), cursor.u32());
        boolean large = directory.count() == 0xffff || directory.bytes() == IN_ZIP64 || directory.offset() == IN_ZIP64;
        return large ? findDirectory64(end - LOCATOR_BYTES) : directory;
    }

    private Directory findDirectory64(long locator) {
        Cursor cursor = file.cursor(locator);
        if (cursor.i32() != LOCATOR_64) throw problem("its zip64 directory is missing");
        cursor.skip(4);
        Cursor end = file.cursor(cursor.i64());
        if (end.i32() != END_64) throw problem("its zip64 directory is missing");
        end.skip(28);
        return new Directory(end.i64(), end.i64(), end.i64());
    }

    private void readDirectory(Directory directory) {
        if (directory.bytes() < 0 || directory.bytes() > MAX_DIRECTORY_BYTES)
            throw problem("its zip directory would have " + directory.bytes() + " bytes");
        Cursor cursor = file.cursor(directory.offset());
        while (cursor.position() < directory.offset() + directory.bytes()) {
            Entry entry = entry(cursor);
            if (entries.put(entry.name(), entry) != null) throw problem("has two entries " + entry.name());
        }
        if (entries.size() != directory.count())
            throw problem("its zip directory has " + entries.size() + " entries where it claims " + directory.count());
    }

    private Entry entry(Cursor cursor) {
        if (cursor.i32() != CENTRAL) throw problem("its zip directory is damaged before byte " + cursor.position());
        cursor.skip(4);
        int flags = cursor.u16(), method = cursor.u16();
        cursor.skip(8);
        long stored = cursor.u32(), size = cursor.u32();
        int nameBytes = cursor.u16(), extraBytes = cursor.u16(), commentBytes = cursor.u16();
        cursor.skip(8);
        long local = cursor.u32();
        String name = cursor.utf8(nameBytes);
        long extraEnd = cursor.position() + extraBytes;
        while (cursor.position() + 4 <= extraEnd) {
            int id = cursor.u16(), bytes = cursor.u16();
            long next = cursor.position() + bytes;
            if (id == 1) {   // zip64: the 64-bit values of the fields marked IN_ZIP64, in this order
                if (size == IN_ZIP64) size = cursor.i64();
                if (stored == IN_ZIP64) stored = cursor.i64();
                if (local == IN_ZIP64) local = cursor.i64();
            }
            cursor.seek(next);
        }
        cursor.seek(extraEnd + commentBytes);
        return new Entry(name, method, flags, stored, size, local);
    }

    private CheckpointException problem(String text) { return new CheckpointException(file.path(), text); }
}
