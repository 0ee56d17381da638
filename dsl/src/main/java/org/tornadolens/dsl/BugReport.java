package org.tornadolens.dsl;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The text that a user sends us about a bug of TornadoLens: what happened, where in our code, and on which system. */
public final class BugReport {

    private static final String OURS = "org.tornadolens.";
    private static final int MOST_CAUSES = 5;

    private BugReport() {}

    /**
     * @param thrown    its frames and those of its causes are listed, down to the outermost of ours
     * @param inScripts frames of JavaScript that led there, innermost first: {@code "lens/patching.js:93 (path)"}
     */
    public static String of(Throwable thrown, List<String> inScripts) {
        StringBuilder text = new StringBuilder();
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = thrown; cause != null && causes.size() < MOST_CAUSES && !causes.contains(cause);
                cause = cause.getCause())
            causes.add(cause);
        for (Throwable cause : causes) {
            text.append("    ").append(cause == thrown ? "" : "caused by ").append(cause).append('\n');
            for (StackTraceElement frame : downToOurs(cause.getStackTrace()))
                text.append("        at ").append(frame).append('\n');
        }
        return report(text, inScripts);
    }

    /** The report of an error of our JavaScript, by its message. */
    public static String of(String message, List<String> inScripts) {
        return report(new StringBuilder("    ").append(message).append('\n'), inScripts);
    }

    private static String report(CharSequence thrown, List<String> inScripts) {
        StringBuilder text = new StringBuilder();
        text.append("This is a bug of TornadoLens, not a mistake of yours. Please report it with these lines:\n");
        text.append("    TornadoLens ").append(Version.string()).append(", Java ").append(Runtime.version())
                .append(", ").append(System.getProperty("os.name")).append(' ').append(System.getProperty("os.arch"))
                .append('\n').append(thrown);
        for (String frame : inScripts) text.append("        at ").append(frame).append('\n');
        return text.toString().stripTrailing();
    }

    /** The innermost frames, up to and including the outermost of ours before the script engine's. */
    private static List<StackTraceElement> downToOurs(StackTraceElement[] trace) {
        int end = 0;
        for (int i = 0; i < trace.length && !engine(trace[i]); i++)
            if (trace[i].getClassName().startsWith(OURS)) end = i + 1;
        return List.of(trace).subList(0, end);
    }

    private static boolean engine(StackTraceElement frame) {
        return Set.of("com.oracle.truffle", "org.graalvm.polyglot").stream()
                .anyMatch(packages -> frame.getClassName().startsWith(packages));
    }
}
