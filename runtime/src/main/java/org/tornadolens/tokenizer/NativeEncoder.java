package org.tornadolens.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.sentencepiece.jni.SentencePieceLibrary;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.stream.IntStream;

/**
 * The only place that calls native SentencePiece, and only for what it does well: encoding. Its other calls abort the
 * process on a bad id or spoil four-byte characters, so pieces and decoding are Java's. The native processor lives
 * exactly as long as this object can be reached. Any number of threads may encode.
 */
final class NativeEncoder {

    /** Characters that go to the native library at once, where the text has a seam after as many. */
    static final int PART = 1 << 15;
    /** What one call may be given at most: the native library ends the process when it runs out of memory. */
    private static final int LONGEST_PART = 1 << 24;
    private static final Cleaner CLEANER = Cleaner.create();

    private final long processor;
    private final ModelProto model;
    private final String origin;
    private Seams seams;   // found for the first long text; immutable, so a race between threads only finds them twice

    /** {@code model} has passed {@link ModelCheck}. */
    NativeEncoder(ModelProto model, String origin) {
        NativeLibrary.load();
        this.model = model;
        this.origin = origin;
        long created = SentencePieceLibrary.LIB.createSentencePieceProcessor();
        try {
            SentencePieceLibrary.LIB.loadModelFromBytes(created, model.toBytes());
        } catch (EngineException e) {
            SentencePieceLibrary.LIB.deleteSentencePieceProcessor(created);
            throw new TokenizerException(origin, "SentencePiece refuses it: " + e.getMessage(), e);
        }
        processor = created;
        CLEANER.register(this, () -> SentencePieceLibrary.LIB.deleteSentencePieceProcessor(created));
    }

    /** {@code text} is well-formed UTF-16; {@code part} as {@link #PART}. */
    int[] encode(String text, int part) {
        if (text.length() <= part) return encodePart(text);
        Seams seams = seams();
        IntStream.Builder ids = IntStream.builder();
        int start = 0;
        while (true) {
            int end = seams.next(text, start + part);
            for (int id : encodePart(text.substring(start, end))) ids.add(id);
            if (end == text.length()) return ids.build().toArray();
            start = seams.after(end);
        }
    }

    private Seams seams() {
        Seams found = seams;
        if (found == null) seams = found = new Seams(model);
        return found;
    }

    private int[] encodePart(String text) {
        if (text.length() > LONGEST_PART) {
            throw new IllegalArgumentException("a text with %,d characters in one word; at most %,d can be encoded"
                    .formatted(text.length(), LONGEST_PART));
        }
        try {
            return SentencePieceLibrary.LIB.encode(processor, text);
        } catch (EngineException e) {
            throw new TokenizerException(origin, "SentencePiece cannot encode this text: " + e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
