package org.tornadolens.tokenizer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Hugging Face's native tokenizers in a process of their own ({@link TokenizersServer}), so that a file or a text on
 * which the library fails ends that process and not this one. The memory and the time of a request are bounded. The
 * process starts with the first request, and ends with this one, however that ends. Thread-safe: one request at a time.
 */
final class TokenizersProcess {

    /** The process that all tokenizers share. */
    static final TokenizersProcess SHARED = new TokenizersProcess(6L << 30, 60);

    private static final int STARTS_WITHIN = 30;   // seconds
    private static final int CHARACTERS = 20_000;  // that a request may have for each second more
    private static final int MOST_WORDS = 300;     // characters of what the library says at its end

    /** @see TokenizersServer.Request */
    interface Asking {
        void write(DataOutputStream out) throws IOException;
    }

    interface Reading<T> {
        T read(DataInputStream in) throws IOException;
    }

    private final long memory;     // bytes of address space
    private final int seconds;     // for one request, beside those for its length
    private int started;           // how many processes
    private Running running;

    TokenizersProcess(long memory, int seconds) {
        this.memory = memory;
        this.seconds = seconds;
    }

    /** Starts the process meanwhile; that it cannot be started is told where it is needed. */
    void prepare() {
        Thread.ofVirtual().start(() -> {
            try {
                current("");
            } catch (TokenizerException e) {
                return;
            }
        });
    }

    /** Returns the number of the process that runs now; a tokenizer that an earlier one opened has ended with it. */
    synchronized int current(String origin) {
        if (running == null || !running.process.isAlive()) start(origin);
        return started;
    }

    /**
     * Asks process number {@code in} and waits for the answer.
     *
     * @param length of the request, in characters or ids
     * @throws Ended if that process has ended before or ends without an answer
     * @throws TokenizerException if the library refuses
     */
    synchronized <T> T ask(int in, TokenizersServer.Request request, int length, Asking asking, Reading<T> reading,
            String origin) throws Ended {
        if (in != started || running == null) throw new Ended("it has ended");
        Running asked = running;
        try {
            return asked.within(seconds + length / CHARACTERS, () -> {
                asked.out.writeByte(request.ordinal());
                asking.write(asked.out);
                asked.out.flush();
                return asked.answer(reading, origin);
            });
        } catch (Ended e) {
            running = null;
            throw e;
        }
    }

    private void start(String origin) {
        started++;
        running = null;
        try {
            Running made = new Running(new ProcessBuilder(command()).start());
            made.within(STARTS_WITHIN, () -> {
                if (made.in.readInt() != TokenizersServer.READY) throw new IOException("no answer");
                return made.answer(in -> null, origin);
            });
            running = made;
        } catch (IOException | Ended e) {
            throw new TokenizerException(origin, "the process of the tokenizers library cannot be started: "
                    + e.getMessage(), e);
        }
    }

    /** Java with what the server needs; on Unix with a bound on its memory, and deaf to Ctrl-C, which is not for it. */
    private List<String> command() throws IOException {
        List<String> command = new ArrayList<>();
        if (File.separatorChar == '/' && Files.isExecutable(Path.of("/bin/sh")))
            command.addAll(List.of("/bin/sh", "-c",
                    "trap '' INT; ulimit -c 0; ulimit -v " + (memory >> 10) + " 2>/dev/null; exec \"$@\"", "sh"));
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g", "-Xss16m", "-XX:CompressedClassSpaceSize=32m",
                "-XX:-UsePerfData", "-Xshare:auto", "-Xlog:disable", "-XX:-CreateCoredumpOnCrash",
                "-XX:+DisplayVMOutputToStderr", "-XX:ErrorFile=" + (File.separatorChar == '/' ? "/dev/null" : "NUL"),
                "--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
                "-cp", classPath(), TokenizersServer.class.getName()));
        return command;
    }

    private static String classPath() throws IOException {
        StringBuilder path = new StringBuilder();
        for (Class<?> needed : List.of(TokenizersServer.class,
                ai.djl.huggingface.tokenizers.jni.TokenizersLibrary.class,
                ai.djl.sentencepiece.jni.SentencePieceLibrary.class)) {
            try {
                path.append(path.isEmpty() ? "" : File.pathSeparator)
                        .append(Path.of(needed.getProtectionDomain().getCodeSource().getLocation().toURI()));
            } catch (URISyntaxException e) {
                throw new IOException("no path to " + needed, e);
            }
        }
        return path.toString();
    }

    /** The process has ended without an answer. */
    static final class Ended extends Exception {
        Ended(String message) { super(message); }
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    /** One process. */
    private static final class Running {

        private static final ScheduledExecutorService CLOCK = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("tokenizers-clock").factory());

        private final Process process;
        private final DataInputStream in;
        private final DataOutputStream out;
        private final StringBuilder said = new StringBuilder();
        private final Thread listening;

        Running(Process process) {
            this.process = process;
            in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 1 << 16));
            out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), 1 << 16));
            listening = Thread.ofVirtual().start(this::listen);
        }

        private void listen() {
            try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8);
                    Stream<String> all = lines.lines()) {
                all.forEach(line -> {
                    synchronized (said) {
                        if (said.length() < 4096) said.append(line).append('\n');
                    }
                });
            } catch (IOException | java.io.UncheckedIOException e) {
                return;   // the process has ended
            }
        }

        private <T> T within(int seconds, Work<T> work) throws Ended {
            AtomicBoolean late = new AtomicBoolean();
            ScheduledFuture<?> bell = CLOCK.schedule(() -> {
                late.set(true);
                process.destroyForcibly();
            }, seconds, TimeUnit.SECONDS);
            try {
                return work.run();
            } catch (IOException e) {
                process.destroyForcibly();
                throw new Ended(late.get() ? "it took more than " + seconds + " seconds" : lastWords());
            } finally {
                bell.cancel(false);
            }
        }

        private <T> T answer(Reading<T> reading, String origin) throws IOException {
            byte kind = in.readByte();
            if (kind == TokenizersServer.DONE) return reading.read(in);
            if (kind != TokenizersServer.REFUSED) throw new IOException("no answer");
            throw new TokenizerException(origin, "the tokenizers library refuses it: " + TokenizersServer.readText(in));
        }

        /** What the library said when it ended its process: a panic of Rust is a line with the place, then the why. */
        private String lastWords() {
            try {
                listening.join(java.time.Duration.ofSeconds(2));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            List<String> lines;
            synchronized (said) {
                lines = said.toString().lines().toList();
            }
            Optional<String> panic = Optional.empty();
            for (int i = 0; i + 1 < lines.size(); i++)
                if (lines.get(i).contains("panicked at") && panic.isEmpty()) panic = Optional.of(lines.get(i + 1));
            String words = panic.filter(line -> !line.startsWith("stack backtrace"))
                    .or(() -> lines.stream().filter(line -> line.contains("memory allocation")).findFirst())
                    .orElse("it ended itself");
            return words.length() > MOST_WORDS ? words.substring(0, MOST_WORDS) : words;
        }
    }
}
