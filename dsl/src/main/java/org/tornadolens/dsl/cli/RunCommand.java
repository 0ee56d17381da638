package org.tornadolens.dsl.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.DryRun;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.TimeLimit;
import org.tornadolens.dsl.Version;
import org.tornadolens.dsl.output.Limits;
import org.tornadolens.dsl.output.Provenance;
import org.tornadolens.dsl.output.Resumption;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.output.RunReport;
import org.tornadolens.dsl.report.Part;
import org.tornadolens.dsl.report.Report;
import org.tornadolens.dsl.script.RunFacts;
import org.tornadolens.dsl.script.Script;
import org.tornadolens.dsl.script.ScriptFailure;

final class RunCommand implements Command {

    @Override public Syntax syntax() {
        Syntax syntax = new Syntax("lens run",
                "Runs an experiment: an ES module that imports from \"lens\" and from files of its own "
                        + "folder. Its charts, tables and run.json appear in out/SCRIPT/ when it succeeds; until then "
                        + "those of an earlier run stay. What a failed run saved is in out/SCRIPT.failed/.")
                .required("SCRIPT", "the script's file");
        Choices.model(syntax);
        return Choices.seed(syntax)
                .option("--out", "DIR",
                        "the run's folder instead of out/SCRIPT; a folder that holds anything but an earlier run "
                                + "is not replaced")
                .repeated("--arg", "K=V", "a value for the script: args.K is the string V")
                .repeated("--allow-read", "DIR",
                        "let the script read the files and models of this folder (besides those of "
                                + "TORNADOLENS_ALLOW_READ)")
                .repeated("--allow-write", "DIR", "let the script write files into this folder")
                .flag("--resume",
                        "resume a stopped run of this script: sweeps keep their finished cells, and trainings with "
                                + "checkpoints go on from the last one, if nothing that they depend on has changed")
                .option("--max-output", "SIZE",
                        "refuse to write more than this: files, saved models, records and printed text together, such "
                                + "as 500MB or 100GB (16GB)")
                .option("--max-files", "N", "refuse to write more files than this (10000)")
                .option("--max-time", "T", "end the script after this time, such as 90s, 10m or 2h (no limit)")
                .flag("--report",
                        "also write report.html: what the script printed, checked and saved, in order, with the record "
                                + "of the run, on one page")
                .flag("--dry-run",
                        "plan every run instead of running it, and say how much memory the script takes, whether it is "
                                + "free, and about how long it runs; nothing is computed or written")
                .example("lens run scripts/heads.js")
                .example("lens run scripts/heads.js --report")
                .example("lens run scripts/heads.js --model ~/models/llama-2-7b --out results/7b")
                .example("lens run ioi.js --seed 7 --arg prompts=50");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException, ScriptFailure {
        Path script = existing(Path.of(arguments.operand().orElseThrow()));
        Settings settings = Choices.settings(arguments, terminal)
                .with(named(arguments.values("--arg")), readable(arguments, terminal),
                        folders("--allow-write", arguments));
        if (arguments.has("--resume")) settings = settings.resuming();
        if (arguments.has("--dry-run")) return dryRun(script, settings.dry(), terminal);
        Path target = arguments.value("--out").map(Path::of).orElseGet(() -> Path.of("out", stem(script)));
        Limits limits = new Limits(
                arguments.value("--max-output").map(size -> Amounts.bytes("--max-output", size))
                        .orElse(Limits.DEFAULT.bytes()),
                Math.toIntExact(Math.min(Integer.MAX_VALUE,
                        arguments.whole("--max-files", Limits.DEFAULT.files()))));
        Optional<Duration> time = arguments.value("--max-time").map(text -> Amounts.time("--max-time", text));
        Provenance provenance = new Provenance(script, settings.seed(), settings.arguments(), Version.string());
        RunReport report = RunReport.start(provenance);
        try (RunFolder folder = RunFolder.replacing(target, limits);
                Resumption resumption = new Resumption(provenance, folder, settings.resume())) {
            resumption.removeParts();
            Host host = new Host(settings, terminal.console(), script.toRealPath().getParent(), folder,
                    Optional.of(resumption), Optional.empty());
            if (arguments.has("--report")) host.transcript().keep();
            try (TimeLimit limit = TimeLimit.of(time, terminal.interrupts())) {
                try {
                    Script.run(script, host);
                } catch (ScriptFailure stopped) {
                    throw limit.passed() ? stopped.interrupted("it ran longer than --max-time "
                            + arguments.value("--max-time").orElseThrow()) : stopped;
                }
            } catch (ScriptFailure | RuntimeException stopped) {
                if (resumption.resumable())
                    terminal.err().println("what sweeps, surveys and trainings have finished is kept: run it "
                            + "again with --resume");
                if (arguments.has("--report")) {
                    host.transcript().add(new Part.Failure(described(stopped)));
                    saveReport(script, host, folder, exit(stopped), terminal);
                }
                keep(stopped, report, host, folder, terminal);
                throw stopped;
            }
            Exit exit = host.record().passed() ? Exit.DONE : Exit.CHECK_FAILED;
            if (arguments.has("--report")) saveReport(script, host, folder, exit, terminal);
            report.write(host.record(), folder);
            folder.deliver();
            resumption.done();
            if (!folder.files().isEmpty())
                terminal.err().println("→ " + target + ": " + String.join(", ", folder.files()));
            return exit;
        }
    }

    /** Keeps what a run saved before it failed; a second failure, such as a full disk, does not hide the first. */
    private static void keep(Exception stopped, RunReport report, Host host, RunFolder folder, Terminal terminal) {
        if (folder.files().isEmpty()) return;
        try {
            report.writeFailed(exit(stopped).code(), String.valueOf(stopped.getMessage()), host.record(), folder);
            folder.deliverFailed();
            terminal.err().println("what it saved before is in " + folder.failed() + ": "
                    + String.join(", ", folder.files()));
        } catch (IOException | UsageException e) {
            stopped.addSuppressed(e);
        }
    }

    private static Exit exit(Exception stopped) {
        return stopped instanceof ScriptFailure failure ? failure.exit() : Exit.INTERNAL_ERROR;
    }

    private static String described(Exception stopped) {
        return stopped instanceof ScriptFailure failure ? failure.describe() : stopped.toString();
    }

    /** Writes the report of a run. Without it, a run still keeps all else. */
    private static void saveReport(Path script, Host host, RunFolder folder, Exit exit, Terminal terminal) {
        try {
            Report report = new Report(script.getFileName().toString(), host.transcript().entries());
            folder.write(folder.unused("report.html"), out -> report.write(RunFacts.of(host, exit), out));
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            terminal.err().println("the report is not written: " + e.getMessage());
        }
    }

    private static Exit dryRun(Path script, Settings settings, Terminal terminal) throws IOException, ScriptFailure {
        DryRun plans = new DryRun();
        try (RunFolder folder = RunFolder.planned(Path.of("out", stem(script)))) {
            Host host = new Host(settings, terminal.console(), script.toRealPath().getParent(), folder,
                    Optional.empty(), Optional.of(plans));
            try {
                Script.run(script, host);
            } catch (ScriptFailure stopped) {
                if (stopped.exit() == Exit.OUT_OF_MEMORY) plans.refused();
                throw stopped;
            } finally {
                terminal.out().print(plans.report(script));
            }
            return Exit.DONE;
        }
    }

    private static Path existing(Path script) throws IOException {
        if (Files.isRegularFile(script)) return script;
        if (Files.exists(script)) throw new UsageException(script + " is not a file");
        Path folder = script.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder))
            throw new UsageException("no script " + script + ": there is no folder " + folder);
        try (Stream<Path> files = Files.list(folder)) {
            List<String> scripts = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".js") || name.endsWith(".mjs")).toList();
            throw new UsageException(Nearest.message("script", script.toString(), scripts));
        }
    }

    private static String stem(Path script) {
        String name = script.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static Map<String, String> named(List<String> arguments) {
        Map<String, String> named = new LinkedHashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 1) throw new UsageException("--arg takes K=V, not \"" + argument + "\"");
            named.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        return named;
    }

    /** Returns the folders of --allow-read, and those of the environment that exist. */
    private static List<Path> readable(Arguments arguments, Terminal terminal) {
        String known = terminal.environment().getOrDefault("TORNADOLENS_ALLOW_READ", "");
        return Stream.concat(folders("--allow-read", arguments).stream(),
                Stream.of(known.split(File.pathSeparator)).filter(name -> !name.isBlank()).map(Path::of)
                        .filter(Files::isDirectory))
                .toList();
    }

    private static List<Path> folders(String option, Arguments arguments) {
        List<Path> folders = arguments.values(option).stream().map(Path::of).toList();
        for (Path folder : folders)
            if (!Files.isDirectory(folder))
                throw new UsageException(option + " takes a folder; " + folder + " is none");
        return folders;
    }
}
