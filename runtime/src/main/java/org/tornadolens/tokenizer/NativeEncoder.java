package org.tornadolens.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.sentencepiece.jni.SentencePieceLibrary;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/**
 * Encodes text with native SentencePiece; nothing else calls it. Its other functions abort the process on an invalid id
 * or corrupt four-byte characters, so pieces and decoding are implemented in Java. The native processor is freed when
 * this object becomes unreachable. Safe for use by several threads.
 */
final class NativeEncoder {

    /** Characters after which a text is split at the next seam ({@link Seams}). */
    static final int PART = 1 << 15;
    /**
     * Most bytes of normalised text in one call, for which the native library takes about half a gigabyte; it would end
     * the process when it runs out of memory.
     */
    static final int MAX_BYTES = 1 << 21;
    private static final Cleaner CLEANER = Cleaner.create();

    private final long processor;
    private final ModelProto model;
    private final String origin;
    private final CharsMap normalization;
    private Seams seams;   // made for the first long text; immutable, so that racing threads at worst make it twice

    /** @param model one that has passed {@link ModelCheck} */
    NativeEncoder(ModelProto model, String origin) {
        NativeLibrary.SENTENCEPIECE.load();
        this.model = model;
        this.origin = origin;
        normalization = CharsMap.of(model.normalizer().charsMap(), origin);
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

    /**
     * Returns the ids of a text.
     *
     * @param text well-formed UTF-16
     * @param part characters after which the text is split; {@link #PART} but in tests
     */
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
        long bytes = normalization.roughBytes(text);
        if (bytes > MAX_BYTES) bytes = normalization.mostBytes(text);
        if (bytes > MAX_BYTES) {
            throw new UsageException("a text with %,d characters that this tokenizer cannot split between words "
                    .formatted(text.length())
                    + "(up to %,d bytes when it is normalised); at most %,d bytes can be "
                            .formatted(bytes, MAX_BYTES)
                    + "encoded at once: divide the text");
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
