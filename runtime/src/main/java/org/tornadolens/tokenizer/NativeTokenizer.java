package org.tornadolens.tokenizer;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.tornadolens.UsageException;
import org.tornadolens.tokenizer.TokenizersProcess.Asking;
import org.tornadolens.tokenizer.TokenizersProcess.Ended;
import org.tornadolens.tokenizer.TokenizersProcess.Reading;
import org.tornadolens.tokenizer.TokenizersServer.Request;

/**
 * A tokenizer of Hugging Face's native library, which runs in a {@link TokenizersProcess}; nothing else asks it. The
 * library frees it when this object becomes unreachable. Thread-safe. Its input has been checked: {@link TokenizerJson}
 * what it is made of, {@link HuggingFaceTokenizer} ids.
 */
final class NativeTokenizer {

    /** Most characters passed in one call, for which the native library takes a few gigabytes. */
    private static final int MAX_TEXT = 1 << 24;
    private static final Cleaner CLEANER = Cleaner.create();

    /** A tokenizer in a process. */
    private record Handle(int process, long number) {}

    private final TokenizersProcess process;
    private final String json, origin;
    private volatile Handle handle;

    /** @param json a {@code tokenizer.json} */
    NativeTokenizer(String json, String origin) {
        this(json, origin, TokenizersProcess.SHARED);
    }

    NativeTokenizer(String json, String origin, TokenizersProcess process) {
        this.json = json;
        this.origin = origin;
        this.process = process;
        open();
    }

    /** Returns the tokenizer; where its process has ended, in the next one. */
    private synchronized Handle open() {
        int running = process.current(origin);
        Handle opened = handle;
        if (opened != null && opened.process == running) return opened;
        try {
            long number = process.ask(running, Request.OPEN, json.length(), out -> TokenizersServer.write(out, json),
                    in -> in.readLong(), origin);
            Handle made = new Handle(running, number);
            TokenizersProcess of = process;
            CLEANER.register(this, () -> close(of, made));
            return handle = made;
        } catch (Ended e) {
            throw new TokenizerException(origin, "the tokenizers library fails on this file: " + e.getMessage(), e);
        }
    }

    private static void close(TokenizersProcess process, Handle handle) {
        try {
            process.ask(handle.process, Request.CLOSE, 0, out -> out.writeLong(handle.number), in -> null, "");
        } catch (Ended | TokenizerException e) {
            return;   // it has ended with its process
        }
    }

    /** {@code text} is well-formed UTF-16. */
    int[] encode(String text, boolean withPostProcessor) {
        return read(Request.ENCODE, text, withPostProcessor, TokenizersServer::readInts);
    }

    /** {@code text} is well-formed UTF-16. */
    Spans spans(String text) {
        return read(Request.SPANS, text, false, in -> {
            int[] ids = TokenizersServer.readInts(in);
            int[] starts = TokenizersServer.readInts(in), ends = TokenizersServer.readInts(in);   // in code points
            int point = 0, at = 0;
            for (int i = 0; i < starts.length; i++) {
                if (starts[i] < 0) {
                    starts[i] = ends[i] = at;
                    continue;
                }
                int start = starts[i];
                at = text.offsetByCodePoints(at, start - point);
                point = start;
                starts[i] = at;
                ends[i] = text.offsetByCodePoints(at, ends[i] - start);
            }
            return new Spans(ids, starts, ends);
        });
    }

    private <T> T read(Request request, String text, boolean withPostProcessor, Reading<T> reading) {
        if (text.length() > MAX_TEXT) {
            throw new UsageException("a text of %,d characters; at most %,d can be encoded at once"
                    .formatted(text.length(), MAX_TEXT));
        }
        return ask(request, text.length(), out -> {
            TokenizersServer.write(out, text);
            out.writeBoolean(withPostProcessor);
        }, reading, "cannot encode this text");
    }

    /** {@code ids} are ids of tokens; special ones have no text. */
    String decode(int[] ids) {
        return ask(Request.DECODE, ids.length, out -> TokenizersServer.write(out, ids), TokenizersServer::readText,
                "cannot decode these ids");
    }

    private <T> T ask(Request request, int length, Asking asking, Reading<T> reading, String failure) {
        try {
            Handle opened = open();
            return process.ask(opened.process, request, length, out -> {
                out.writeLong(opened.number);
                asking.write(out);
            }, reading, origin);
        } catch (Ended e) {
            throw new TokenizerException(origin, "the tokenizers library " + failure + ": " + e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
