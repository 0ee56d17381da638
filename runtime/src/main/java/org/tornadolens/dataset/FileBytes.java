package org.tornadolens.dataset;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;

/** The bytes of a file, decompressed if it begins as gzip or zstd files do, whatever its name. */
final class FileBytes {

    private static final int BUFFER = 1 << 16;
    private static final int[] GZIP = {0x1f, 0x8b}, ZSTD = {0x28, 0xb5, 0x2f, 0xfd};

    private FileBytes() {}

    /** @param read receives the number of bytes of the file that have been read, as they are */
    static InputStream open(Path file, AtomicLong read) throws IOException {
        InputStream plain = new BufferedInputStream(new Counting(Files.newInputStream(file), read), BUFFER);
        try {
            if (begins(plain, GZIP)) return new GZIPInputStream(plain, BUFFER);
            if (begins(plain, ZSTD)) return new BufferedInputStream(new ZstdInputStreamNoFinalizer(plain), BUFFER);
            return plain;
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private static boolean begins(InputStream in, int[] magic) throws IOException {
        in.mark(magic.length);
        boolean same = true;
        for (int expected : magic) same &= in.read() == expected;
        in.reset();
        return same;
    }

    private static final class Counting extends FilterInputStream {
        private final AtomicLong read;

        Counting(InputStream in, AtomicLong read) {
            super(in);
            this.read = read;
        }

        @Override public int read() throws IOException {
            int one = super.read();
            if (one >= 0) read.incrementAndGet();
            return one;
        }

        @Override public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) read.addAndGet(count);
            return count;
        }
    }
}
