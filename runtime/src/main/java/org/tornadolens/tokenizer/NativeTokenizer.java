package org.tornadolens.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.tornadolens.UsageException;
import java.util.function.LongFunction;

/**
 * A tokenizer of Hugging Face's native library; nothing else calls it. It is freed when this object becomes
 * unreachable. Thread-safe. Its input has been checked: {@link TokenizerJson} what it is made of, {@link
 * HuggingFaceTokenizer} ids.
 */
final class NativeTokenizer {

    /** Most characters passed in one call: the native library ends the process when it runs out of memory. */
    private static final int MAX_TEXT = 1 << 24;
    private static final Cleaner CLEANER = Cleaner.create();

    private final long handle;
    private final String origin;

    /** @param json a {@code tokenizer.json} */
    NativeTokenizer(String json, String origin) {
        NativeLibrary.TOKENIZERS.load();
        this.origin = origin;
        long created;
        try {
            created = TokenizersLibrary.LIB.createTokenizerFromString(json);
            TokenizersLibrary.LIB.disablePadding(created);
            TokenizersLibrary.LIB.disableTruncation(created);
        } catch (RuntimeException e) {
            throw new TokenizerException(origin, "the tokenizers library refuses it: " + e.getMessage(), e);
        }
        handle = created;
        CLEANER.register(this, () -> TokenizersLibrary.LIB.deleteTokenizer(created));
    }

    /** {@code text} is well-formed UTF-16. */
    int[] encode(String text, boolean withPostProcessor) {
        return read(text, withPostProcessor, NativeTokenizer::ids);
    }

    /** {@code text} is well-formed UTF-16. */
    Spans spans(String text) {
        return read(text, false, encoding -> {
            CharSpan[] spans = TokenizersLibrary.LIB.getTokenCharSpans(encoding);   // in code points
            int[] starts = new int[spans.length], ends = new int[spans.length];
            int point = 0, at = 0;
            for (int i = 0; i < spans.length; i++) {
                if (spans[i] == null) {
                    starts[i] = ends[i] = at;
                    continue;
                }
                int start = spans[i].getStart();
                at = text.offsetByCodePoints(at, start - point);
                point = start;
                starts[i] = at;
                ends[i] = text.offsetByCodePoints(at, spans[i].getEnd() - start);
            }
            return new Spans(ids(encoding), starts, ends);
        });
    }

    private static int[] ids(long encoding) {
        return Arrays.stream(TokenizersLibrary.LIB.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
    }

    private <T> T read(String text, boolean withPostProcessor, LongFunction<T> encoding) {
        if (text.length() > MAX_TEXT) {
            throw new UsageException("a text of %,d characters; at most %,d can be encoded at once"
                    .formatted(text.length(), MAX_TEXT));
        }
        try {
            long encoded = TokenizersLibrary.LIB.encode(handle, text, withPostProcessor);
            try {
                return encoding.apply(encoded);
            } finally {
                TokenizersLibrary.LIB.deleteEncoding(encoded);
            }
        } catch (RuntimeException e) {
            throw new TokenizerException(origin, "the tokenizers library cannot encode this text: " + e.getMessage(),
                    e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** {@code ids} are ids of tokens; special ones have no text. */
    String decode(int[] ids) {
        try {
            return TokenizersLibrary.LIB.decode(handle, Arrays.stream(ids).asLongStream().toArray(), true);
        } catch (RuntimeException e) {
            throw new TokenizerException(origin, "the tokenizers library cannot decode ids: " + e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
