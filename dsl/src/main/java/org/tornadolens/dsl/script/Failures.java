package org.tornadolens.dsl.script;

import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.SourceSection;
import org.graalvm.polyglot.Value;
import org.tornadolens.Equivalents;
import org.tornadolens.Nearest;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.dsl.BugReport;
import org.tornadolens.dsl.Exit;
import org.tornadolens.tokenizer.TokenizerException;

/**
 * Turns what the engine throws into a {@link ScriptFailure}: the script's own frames, one plain message, an exit.
 *
 * <p>It distinguishes three kinds of errors. What Java throws is judged by {@link Translation}. What the module's own
 * JavaScript throws is either marked as the script's mistake (mistakes.js) or a bug of ours. What is thrown in the
 * script's own code is the script's.
 */
final class Failures {

    private static final Pattern SYNTAX = Pattern.compile("SyntaxError: .*?:\\d+:\\d+ (.*)", Pattern.DOTALL);
    private static final Pattern NO_EXPORT =
            Pattern.compile("SyntaxError: The requested module 'lens' does not provide an export named '(.*)'");
    private static final Pattern NOT_DEFINED = Pattern.compile("ReferenceError: (\\w+) is not defined");

    private static final int MOST_ENGINE_FRAMES = 20;

    private static final String STACK_OVERFLOW = "RangeError: Maximum call stack size exceeded";

    private static final Pattern PRIVATE_MEMBER = Pattern.compile("#\\w+|Receiver must be an instance of class");

    private static final String HEAP =
            "out of memory: the script's own arrays and objects fill the Java heap (tensors lie outside it); "
                    + "TORNADOLENS_JAVA_OPTIONS=-Xmx4g gives it more";

    private Failures() {}

    static ScriptFailure of(PolyglotException e, Sandbox sandbox) {
        if (e.isInterrupted() || e.isCancelled())
            return new ScriptFailure(Exit.INTERRUPTED, "interrupted", List.of(), e);
        if (e.isResourceExhausted() && !String.valueOf(e.getMessage()).contains("stack"))
            return new ScriptFailure(Exit.OUT_OF_MEMORY, HEAP, places(e), e);
        Value error = e.isGuestException() ? e.getGuestObject() : null;
        Throwable java = e.isHostException() ? e.asHostException() : sandbox.bridge().cause(error);
        if (interrupted(java))
            return new ScriptFailure(Exit.INTERRUPTED, "interrupted", List.of(), java);
        Jail.Refusal refusal = sandbox.jail().refusal();
        boolean refused = refusal != null && String.valueOf(e.getMessage()).contains(refusal.reason());
        List<ScriptFailure.Place> places = places(e);
        if (refused && places.isEmpty()) places = Imports.of(refusal.target(), sandbox.jail().opened());
        if (!refused && bug(e, java, error, sandbox)) {
            if (java != null) return internal(java.toString(), BugReport.of(java, moduleFrames(e)), places, java);
            List<String> frames = e.isInternalError() ? engineFrames(e) : moduleFrames(e);
            return internal(String.valueOf(e.getMessage()), BugReport.of(e.getMessage(), frames), places, e);
        }
        String message = refused ? "Error: " + refusal.reason() : message(e, sandbox);
        return new ScriptFailure(exit(java), message, places, java == null ? e : java);
    }

    /** Returns true for what long work throws when its thread is interrupted: ours, and that of Java's channels. */
    private static boolean interrupted(Throwable thrown) {
        for (Throwable one = thrown; one != null; one = one.getCause())
            if (one instanceof CancellationException || one instanceof ClosedByInterruptException) return true;
        return false;
    }

    private static ScriptFailure internal(String thrown, String report, List<ScriptFailure.Place> places,
            Throwable cause) {
        return new ScriptFailure(Exit.INTERNAL_ERROR, "internal error of TornadoLens: " + thrown, places, cause,
                Optional.of(report));
    }

    private static boolean bug(PolyglotException e, Throwable java, Value error, Sandbox sandbox) {
        if (java != null) return Translation.of(java).bug();
        if (e.isInternalError()) return true;
        if (error == null || e.isSyntaxError() || sandbox.bridge().mistake(error)) return false;
        String message = String.valueOf(e.getMessage());
        boolean script = e.isResourceExhausted() || message.startsWith(STACK_OVERFLOW) || withoutObject(message);
        return !script && error.isException() && thrownByModule(e);
    }

    /**
     * Returns true if an error of the engine names a private member: a script called a method of the module without its
     * object, as in {@code const f = model.run; f("Once")}.
     */
    private static boolean withoutObject(String message) { return PRIVATE_MEMBER.matcher(message).find(); }

    /** Returns true if the innermost JavaScript frame is the module's. */
    private static boolean thrownByModule(PolyglotException e) {
        for (PolyglotException.StackFrame frame : e.getPolyglotStackTrace()) {
            SourceSection section = frame.getSourceLocation();
            if (frame.isGuestFrame() && section != null && section.hasLines()) return ours(section);
        }
        return false;
    }

    /** Returns the module's own frames, which scripts' errors do not show. */
    private static List<String> moduleFrames(PolyglotException e) {
        List<String> frames = new ArrayList<>();
        for (PolyglotException.StackFrame frame : e.getPolyglotStackTrace()) {
            SourceSection section = frame.getSourceLocation();
            if (!frame.isGuestFrame() || section == null || !section.hasLines() || !ours(section)) continue;
            frames.add(
                    "lens/" + Path.of(section.getSource().getName()).getFileName() + ":" + section.getStartLine() + " ("
                            + frame.getRootName() + ")");
        }
        return frames;
    }

    /** Returns the innermost frames of an error inside the engine. */
    private static List<String> engineFrames(PolyglotException e) {
        return Arrays.stream(e.getStackTrace()).limit(MOST_ENGINE_FRAMES).map(StackTraceElement::toString).toList();
    }

    private static Exit exit(Throwable java) {
        return switch (java) {
            case OutOfMemoryError e -> Exit.OUT_OF_MEMORY;
            case MemoryException e -> Exit.OUT_OF_MEMORY;
            case CheckpointException e -> Exit.BAD_MODEL;
            case TokenizerException e -> Exit.BAD_MODEL;
            case InternalError e when Checkpoints.cutShort(e).isPresent() -> Exit.BAD_MODEL;
            case null, default -> Exit.SCRIPT_THREW;
        };
    }

    private static String message(PolyglotException e, Sandbox sandbox) {
        if (e.isHostException()) {
            Translation translation = Translation.of(e.asHostException());
            return translation.kind() + ": " + translation.message();
        }
        String message = String.valueOf(e.getMessage());
        if (e.isSyntaxError()) return syntax(message, sandbox);
        if (withoutObject(message) && thrownByModule(e))
            return "TypeError: a method was called without its object: pass (…) => model.run(…), for example, in place "
                    + "of model.run";
        Matcher undefined = NOT_DEFINED.matcher(message);
        if (undefined.matches() && LensModule.names().contains(undefined.group(1))) {
            return message + "; import { " + undefined.group(1) + " } from \"lens\"";
        }
        if (undefined.matches()) {
            Optional<String> here = Equivalents.of("name", undefined.group(1));
            if (here.isPresent()) return message + "; here it is " + here.get();
        }
        boolean error =
                e.getGuestObject() != null && e.getGuestObject().isException() && e.getGuestObject().hasMember("stack");
        return error || !e.isGuestException() ? message : "thrown: " + message;
    }

    /** Removes the place (the location has it with the right column) and the excerpt. */
    private static String syntax(String message, Sandbox sandbox) {
        Matcher noExport = NO_EXPORT.matcher(message);
        if (noExport.matches()) {
            String name = noExport.group(1);
            return "SyntaxError: \"lens\" has " + Nearest.message("export", name, LensModule.names());
        }
        Matcher matcher = SYNTAX.matcher(message);
        return matcher.matches() ? "SyntaxError: " + matcher.group(1).lines().findFirst().orElse("") : message;
    }

    private static List<ScriptFailure.Place> places(PolyglotException e) {
        List<ScriptFailure.Place> places = new ArrayList<>();
        if (e.isSyntaxError() && e.getSourceLocation() != null) {
            SourceSection section = e.getSourceLocation();
            Matcher noExport = NO_EXPORT.matcher(String.valueOf(e.getMessage()));
            places.add(noExport.matches()
                    ? Imports.named(noExport.group(1), section.getSource()).orElseGet(() -> place("", section))
                    : place("", section));
            return places;
        }
        for (PolyglotException.StackFrame frame : e.getPolyglotStackTrace()) {
            SourceSection section = frame.getSourceLocation();
            if (!frame.isGuestFrame() || section == null || !section.hasLines() || ours(section)) continue;
            places.add(place(frame.getRootName(), section));
        }
        return places;
    }

    private static boolean ours(SourceSection section) {
        String path = section.getSource().getPath();
        return section.getSource().isInternal() || section.getSource().getName().equals("lens")
                || path != null && Path.of(path).startsWith(Jail.PRELUDE);
    }

    private static ScriptFailure.Place place(String function, SourceSection section) {
        String name = function == null || function.startsWith(":") ? "" : function;
        return place(name, section.getSource(), section.getStartLine(), section.getStartColumn());
    }

    static ScriptFailure.Place place(String function, Source source, int line, int column) {
        String file = source.getPath() == null ? source.getName() : shown(Path.of(source.getPath()));
        String text = line <= source.getLineCount() ? source.getCharacters(line).toString() : "";
        return new ScriptFailure.Place(function, file, line, column, text);
    }

    /** Returns a path relative to the current directory if it lies below that. */
    static String shown(Path file) {
        Path here = Path.of("").toAbsolutePath();
        return file.startsWith(here) ? here.relativize(file).toString() : file.toString();
    }
}
