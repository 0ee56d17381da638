package org.tornadolens.tokenizer;

import ai.djl.sentencepiece.jni.SentencePieceLibrary;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/**
 * The only place that calls native SentencePiece, and only what it does well: encoding. Its other calls abort the
 * process on a bad id or spoil four-byte characters, so ids, pieces and decoding are done in Java. The native processor
 * lives exactly as long as this object can be reached; encoding is safe from many threads.
 */
final class NativeEncoder {

    private static final Cleaner CLEANER = Cleaner.create();

    private final long processor;

    /** {@code model} has passed {@link ModelCheck}. */
    NativeEncoder(ModelProto model, String origin) {
        NativeLibrary.load();
        long created = SentencePieceLibrary.LIB.createSentencePieceProcessor();
        try {
            SentencePieceLibrary.LIB.loadModelFromBytes(created, model.toBytes());
        } catch (RuntimeException e) {
            SentencePieceLibrary.LIB.deleteSentencePieceProcessor(created);
            throw new TokenizerException(origin, "SentencePiece refuses it: " + e.getMessage(), e);
        }
        processor = created;
        CLEANER.register(this, () -> SentencePieceLibrary.LIB.deleteSentencePieceProcessor(created));
    }

    int[] encode(String text) {
        try {
            return SentencePieceLibrary.LIB.encode(processor, text);
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
