package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.util.concurrent.CancellationException;
import org.graalvm.polyglot.HostAccess;
import org.tornadolens.UsageException;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.dsl.Wording;
import org.tornadolens.tokenizer.TokenizerException;

/**
 * A Java exception as a script sees it: the constructor of a JavaScript error, and its message.
 *
 * @param bug whether it is a bug of TornadoLens and no mistake of the script, its files or the machine
 */
public record Translation(@HostAccess.Export String kind, @HostAccess.Export String message,
        @HostAccess.Export boolean bug) {

    private static final String BY_ZERO = "/ by zero";     // the virtual machine's, from whole numbers

    static Translation of(Throwable thrown) {
        String message = thrown.getMessage();
        return switch (thrown) {
            case UsageException e -> refusal("RangeError", message);
            case ArithmeticException e when message != null && ours(e) && !message.equals(BY_ZERO) ->
                    refusal("RangeError", message);
            case ArithmeticException e when overflow(e) ->
                    refusal("RangeError", "a size is too large: it has more elements than can be counted");
            case InvalidPathException e -> refusal("RangeError", message);
            case CheckpointException e -> refusal("Error", message);
            case TokenizerException e -> refusal("Error", message);
            case MemoryException e -> refusal("Error", message);
            case CancellationException e -> refusal("Error", message);
            case OutOfMemoryError e -> refusal("Error", Wording.of(e));
            case UncheckedIOException e -> refusal("Error", Wording.of(e));
            case IOException e when message != null -> refusal("Error", Wording.of(e));
            case InternalError e when Checkpoints.cutShort(e).isPresent() ->
                    refusal("Error", Checkpoints.cutShort(e).get().getMessage());
            default -> new Translation("Error", "internal error of TornadoLens: " + thrown, true);
        };
    }

    private static Translation refusal(String kind, String message) { return new Translation(kind, message, false); }

    /** Returns true if our own code threw it, that is, on purpose, rather than a library that our code called. */
    private static boolean ours(Throwable thrown) {
        StackTraceElement[] trace = thrown.getStackTrace();
        return trace.length > 0 && trace[0].getClassName().startsWith("org.tornadolens.");
    }

    /** Returns true if exact arithmetic overflowed, which multiplies sizes that a script chose. */
    private static boolean overflow(ArithmeticException thrown) {
        StackTraceElement[] trace = thrown.getStackTrace();
        return trace.length > 0 && trace[0].getClassName().equals("java.lang.Math");
    }
}
