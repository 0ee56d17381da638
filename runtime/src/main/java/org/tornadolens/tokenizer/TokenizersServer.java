package org.tornadolens.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The process in which Hugging Face's native library runs: the library ends its process where it meets something that
 * it did not expect. {@link TokenizersProcess} starts it. It answers one request after another, and ends when its input
 * does.
 *
 * <p>A request is a byte, {@link Request}, and what the constant says; an answer is {@link #DONE} and a result, or
 * {@link #REFUSED} and a message. Texts are their length in bytes and UTF-8, arrays their length and ints.
 */
final class TokenizersServer {

    /** What precedes the first answer, once the library is loaded. */
    static final int READY = 0x746F6B31;
    static final byte DONE = 0, REFUSED = 1;

    enum Request {
        /** The text of a tokenizer.json; answered by a long that names the tokenizer. */
        OPEN,
        /** The tokenizer, a text, and whether the post-processor is applied; answered by the ids. */
        ENCODE,
        /** As {@link #ENCODE}; the ids are followed by the starts and ends of their texts, in code points; -1: none. */
        SPANS,
        /** The tokenizer and ids; answered by their text without special tokens. */
        DECODE,
        /** The tokenizer; answered by nothing else. */
        CLOSE
    }

    private static final Request[] REQUESTS = Request.values();

    private final DataInputStream in;
    private final DataOutputStream out;

    private TokenizersServer(DataInputStream in, DataOutputStream out) {
        this.in = in;
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        System.setOut(System.err);   // nothing but answers goes there
        try {
            NativeLibrary.TOKENIZERS.load();
        } catch (TokenizerException e) {
            out.writeInt(READY);
            refuse(out, e.getMessage());
            return;
        }
        out.writeInt(READY);
        out.writeByte(DONE);
        out.flush();
        new TokenizersServer(new DataInputStream(new BufferedInputStream(System.in)), out).serve();
    }

    private void serve() throws IOException {
        while (true) {
            int request = in.read();
            if (request < 0) return;
            try {
                answer(REQUESTS[request]);
            } catch (EOFException e) {
                return;   // whoever asked has ended
            } catch (RuntimeException | OutOfMemoryError e) {
                refuse(out, String.valueOf(e.getMessage()));
            }
            out.flush();
        }
    }

    private static void refuse(DataOutputStream out, String message) throws IOException {
        out.writeByte(REFUSED);
        write(out, message);
        out.flush();
    }

    private void answer(Request request) throws IOException {
        switch (request) {
            case OPEN -> {
                long handle = TokenizersLibrary.LIB.createTokenizerFromString(readText(in));
                TokenizersLibrary.LIB.disablePadding(handle);
                TokenizersLibrary.LIB.disableTruncation(handle);
                out.writeByte(DONE);
                out.writeLong(handle);
            }
            case ENCODE, SPANS -> encode(request == Request.SPANS);
            case DECODE -> {
                long handle = in.readLong();
                int[] ids = readInts(in);
                long[] wide = new long[ids.length];
                for (int i = 0; i < ids.length; i++) wide[i] = ids[i];
                String text = TokenizersLibrary.LIB.decode(handle, wide, true);
                out.writeByte(DONE);
                write(out, text);
            }
            case CLOSE -> {
                TokenizersLibrary.LIB.deleteTokenizer(in.readLong());
                out.writeByte(DONE);
            }
        }
    }

    private void encode(boolean spans) throws IOException {
        long handle = in.readLong();
        String text = readText(in);
        boolean postProcessor = in.readBoolean();
        long encoding = TokenizersLibrary.LIB.encode(handle, text, postProcessor);
        try {
            long[] ids = TokenizersLibrary.LIB.getTokenIds(encoding);
            CharSpan[] found = spans ? TokenizersLibrary.LIB.getTokenCharSpans(encoding) : null;
            out.writeByte(DONE);
            out.writeInt(ids.length);
            for (long id : ids) out.writeInt((int) id);
            if (!spans) return;
            out.writeInt(found.length);
            for (CharSpan span : found) out.writeInt(span == null ? -1 : span.getStart());
            out.writeInt(found.length);
            for (CharSpan span : found) out.writeInt(span == null ? -1 : span.getEnd());
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    // ---- values of the protocol

    static void write(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static void write(DataOutputStream out, int[] values) throws IOException {
        out.writeInt(values.length);
        for (int value : values) out.writeInt(value);
    }

    static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    static int[] readInts(DataInputStream in) throws IOException {
        int[] values = new int[in.readInt()];
        for (int i = 0; i < values.length; i++) values[i] = in.readInt();
        return values;
    }
}
