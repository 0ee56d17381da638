package org.tornadolens.notebook;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.dsl.BugReport;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.script.ScriptFailure;

/**
 * Why a cell failed, as the protocol tells it.
 *
 * @param name  the kind of error: {@code RangeError}
 * @param lines what is shown; the first in red
 */
record Failure(String name, String message, List<String> lines) {

    private static final Pattern NAMED = Pattern.compile("([A-Za-z]*Error): (.*)", Pattern.DOTALL);
    private static final String RED = "\u001b[31m", PLAIN = "\u001b[0m";

    static Failure of(ScriptFailure failure) {
        Matcher named = NAMED.matcher(failure.getMessage());
        String name = failure.exit() == Exit.INTERRUPTED ? "Interrupted" : named.matches() ? named.group(1) : "Error";
        return new Failure(name, named.matches() ? named.group(2) : failure.getMessage(),
                failure.describe().lines().toList());
    }

    /** @param message what is wrong with a command */
    static Failure ofCommand(String message) {
        return new Failure("Error", message, message.lines().toList());
    }

    static Failure ofBug(Throwable bug) {
        String message = "internal error of TornadoLens: " + bug;
        return new Failure("InternalError", message, (message + "\n" + BugReport.of(bug, List.of())).lines().toList());
    }

    JsonObject json() {
        List<String> shown = new java.util.ArrayList<>(lines);
        if (!shown.isEmpty()) shown.set(0, RED + shown.getFirst() + PLAIN);
        return Json.of("ename", name, "evalue", message, "traceback", shown);
    }
}
