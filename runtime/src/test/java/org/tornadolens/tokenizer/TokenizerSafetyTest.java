package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenizerSafetyTest {

    @Test void aNegativeIdIsRefused() {
        Tokenizer tokenizer = Tokenizer.open(Golden.model("small"));
        for (int id : new int[]{-1, Integer.MIN_VALUE}) {
            for (Runnable call : List.<Runnable>of(() -> tokenizer.piece(id), () -> tokenizer.label(id),
                    () -> tokenizer.type(id), () -> tokenizer.decode(1, id), () -> tokenizer.stream().accept(id))) {
                String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
                assertTrue(message.contains(Integer.toString(id)), message);
            }
        }
    }

    @Test void anIdWithoutATokenIsShownByItsNumber() {
        for (Tokenizer tokenizer : List.of(Tokenizer.open(Golden.model("small")),
                Tokenizer
                        .open(new TokenizerSource.TokenizerJson(Golden.huggingFace("gpt2"), TokenizerSettings.NONE)))) {
            int[] cat = tokenizer.encode("cat");
            for (int id : new int[]{tokenizer.size(), Integer.MAX_VALUE}) {
                String name = "<id " + id + ">";
                assertEquals(name, tokenizer.piece(id));
                assertEquals(Piece.Type.UNUSED, tokenizer.type(id));
                int[] ids = IntStream.concat(IntStream.of(cat), IntStream.of(id, id)).toArray();
                assertEquals("cat" + name + name, tokenizer.decode(ids));
                TokenStream stream = tokenizer.stream();
                StringBuilder text = new StringBuilder();
                for (int each : ids) text.append(stream.accept(each));
                assertEquals("cat" + name + name, text.append(stream.finish()).toString());
            }
        }
    }

    @Test void anUnknownPieceHasNoId() {
        assertTrue(Tokenizer.open(Golden.model("small")).id("no such piece").isEmpty());
    }

    @Test void manyThreadsMayOpenAndEncodeAtOnce() throws Exception {
        Golden golden = Golden.of("small");
        Tokenizer shared = Tokenizer.open(Golden.model("small"));
        Callable<Void> work = () -> {
            Tokenizer own = Tokenizer.open(Golden.model("small"));
            for (Golden.Encoded text : golden.encoded()) {
                assertArrayEquals(text.ids(), shared.encode(text.text()));
                assertArrayEquals(text.ids(), own.encode(text.text()));
            }
            return null;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Void> done : threads.invokeAll(List.of(work, work, work, work, work, work, work, work)))
                done.get();
        }
    }

    @Test void tokenizersThatNobodyHoldsAreGivenBackWhileOthersEncode() {
        ModelProto model = ModelProto.parse(Golden.bytes("small"), "small.model");
        int[] expected = new NativeEncoder(model, "small.model").encode("the cat", 100);
        List<NativeEncoder> held = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            NativeEncoder encoder = new NativeEncoder(model, "small.model");
            if (i % 10 == 0) held.add(encoder);
            if (i % 50 == 0) System.gc();
            assertArrayEquals(expected, encoder.encode("the cat", 100));
        }
        System.gc();
        for (NativeEncoder encoder : held) assertArrayEquals(expected, encoder.encode("the cat", 100));
    }

    @Test void encodingNeedsNothingFromTheThreadsClassLoader() throws InterruptedException {
        List<int[]> ids = new ArrayList<>();
        Thread thread = new Thread(() -> ids.add(Tokenizer.open(Golden.model("small")).encode("the")));
        thread.setContextClassLoader(null);
        thread.start();
        thread.join();
        assertEquals(1, ids.size());
    }
}
