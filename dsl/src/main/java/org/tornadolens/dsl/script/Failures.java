package org.tornadolens.dsl.script;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.SourceSection;
import org.graalvm.polyglot.Value;
import org.tornadolens.Nearest;
import org.tornadolens.backend.MemoryException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.dsl.Exit;
import org.tornadolens.tokenizer.TokenizerException;

/** Turns what the engine throws into a {@link ScriptFailure}: the script's own frames, one plain message, an exit. */
final class Failures {

    private static final Pattern SYNTAX = Pattern.compile("SyntaxError: .*?:\\d+:\\d+ (.*)", Pattern.DOTALL);
    private static final Pattern NO_EXPORT =
            Pattern.compile("SyntaxError: The requested module 'lens' does not provide an export named '(.*)'");
    private static final Pattern NOT_DEFINED = Pattern.compile("ReferenceError: (\\w+) is not defined");

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
        if (java instanceof CancellationException)
            return new ScriptFailure(Exit.INTERRUPTED, "interrupted", List.of(), java);
        Jail.Refusal refusal = sandbox.jail().refusal();
        boolean refused = refusal != null && String.valueOf(e.getMessage()).contains(refusal.reason());
        String message = refused ? "Error: " + refusal.reason() : message(e, sandbox);
        List<ScriptFailure.Place> places = places(e);
        if (refused && places.isEmpty()) places = Imports.of(refusal.target(), sandbox.jail().opened());
        return new ScriptFailure(exit(java), message, places, java == null ? e : java);
    }

    private static Exit exit(Throwable java) {
        return switch (java) {
            case OutOfMemoryError e -> Exit.OUT_OF_MEMORY;
            case MemoryException e -> Exit.OUT_OF_MEMORY;
            case CheckpointException e -> Exit.BAD_MODEL;
            case TokenizerException e -> Exit.BAD_MODEL;
            case null, default -> Exit.SCRIPT_THREW;
        };
    }

    private static String message(PolyglotException e, Sandbox sandbox) {
        if (e.isHostException()) {
            Translation translation = Translation.of(e.asHostException());
            return translation.kind() + ": " + translation.message();
        }
        String message = String.valueOf(e.getMessage());
        if (e.isInternalError()) return "internal error: " + message + " (--verbose shows where)";
        if (e.isSyntaxError()) return syntax(message, sandbox);
        Matcher undefined = NOT_DEFINED.matcher(message);
        if (undefined.matches() && LensModule.names().contains(undefined.group(1))) {
            return message + "; import { " + undefined.group(1) + " } from \"lens\"";
        }
        boolean error =
                e.getGuestObject() != null && e.getGuestObject().isException() && e.getGuestObject().hasMember("stack");
        return error || !e.isGuestException() ? message : "thrown: " + message;
    }

    /** Without the place (the location has it, with the right column) and the excerpt. */
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

    /** Relative to the current directory where it lies below it. */
    static String shown(Path file) {
        Path here = Path.of("").toAbsolutePath();
        return file.startsWith(here) ? here.relativize(file).toString() : file.toString();
    }
}
