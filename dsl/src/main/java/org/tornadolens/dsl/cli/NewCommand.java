package org.tornadolens.dsl.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.dsl.Exit;

/**
 * Writes an annotated script to start from, and beside it what makes an editor complete and check it: jsconfig.json,
 * the module's declarations and the names of the models on this machine. A file of the user's is never overwritten.
 */
final class NewCommand implements Command {

    /** A kind of script. @param text what it shows */
    private record Kind(String name, String text) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("blank", "one run, one value kept"),
            new Kind("heads", "head scores, and what heads attend to in a text"),
            new Kind("patching", "which part of a run carries an answer"),
            new Kind("ablation", "which heads and MLPs a text needs"),
            new Kind("steering", "a direction added to and removed from the residual stream"),
            new Kind("training", "a small model trained and taken apart"));

    /** How the generated declarations begin, by which an older version of them is known. */
    private static final String OURS = "/**\n * The module that experiment scripts import from.",
            MODELS = "// Models found on this machine by `lens new`, for completion in load(\"…\").\n";

    static List<String> kinds() { return KINDS.stream().map(Kind::name).toList(); }

    @Override public Syntax syntax() {
        return new Syntax("lens new",
                "Writes a script to start from, and what an editor needs to complete and check it. "
                        + "An existing file is not overwritten.")
                .required("NAME", "the script's name or path; .js is added")
                .option("--kind", "KIND", KINDS.stream().map(kind -> kind.name + ": " + kind.text)
                        .collect(Collectors.joining("; ")) + " (by default blank)")
                .example("lens new my-experiment                  # writes my-experiment.js")
                .example("lens new studies/names --kind patching  # in a folder that exists");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException {
        String name = arguments.operand().orElseThrow(), kind = arguments.value("--kind").orElse("blank");
        if (!kinds().contains(kind)) throw new UsageException(Nearest.message("kind of script", kind, kinds()));
        Path file = Path.of(name.endsWith(".js") || name.endsWith(".mjs") ? name : name + ".js");
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) throw new UsageException("there is no folder " + folder);
        try {
            Files.writeString(file, resource("new/" + kind + ".js"), StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new UsageException(file + " exists already and stays as it is");
        }
        List<String> beside = new ArrayList<>();
        if (Files.notExists(folder.resolve("jsconfig.json"))) {
            Files.writeString(folder.resolve("jsconfig.json"), resource("/org/tornadolens/dsl/jsconfig.json"));
            beside.add("jsconfig.json");
        }
        if (generated(folder.resolve("lens.d.ts"), OURS, resource("/org/tornadolens/dsl/lens.d.ts")))
            beside.add("lens.d.ts");
        String models = models(Checkpoints.names(folder));
        if (models != null && generated(folder.resolve("models.d.ts"), MODELS, models)) beside.add("models.d.ts");
        terminal.err().println("wrote " + file + (beside.isEmpty() ? ""
                : " and, for editors, " + String.join(", ", beside)) + "; lens run " + file + " runs it");
        return Exit.DONE;
    }

    /** Writes a generated file unless it is there with the same text or is not ours; returns whether it was written. */
    private static boolean generated(Path file, String start, String text) throws IOException {
        if (Files.exists(file)) {
            String old = Files.readString(file);
            if (old.equals(text) || !old.startsWith(start)) return false;
        }
        Files.writeString(file, text);
        return true;
    }

    /** Returns declarations of the names of models, which load("…") completes; null if there are none. */
    private static String models(List<String> paths) {
        if (paths.isEmpty()) return null;
        return MODELS + paths.stream().map(path -> "    " + quoted(path) + ": true;\n").collect(Collectors.joining("",
                "declare module \"lens\" {\n  interface ModelFiles {\n", "  }\n}\n"));
    }

    private static String quoted(String text) { return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"'; }

    private static String resource(String name) throws IOException {
        try (InputStream in = NewCommand.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
