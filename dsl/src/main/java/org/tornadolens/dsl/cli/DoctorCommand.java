package org.tornadolens.dsl.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tornadolens.backend.Backend;
import org.tornadolens.bench.Checkup;
import org.tornadolens.bench.Checkup.Finding;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Home;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.Version;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tokenizer.TokenizerException;

/** Says whether this machine and device compute what they should. */
final class DoctorCommand implements Command {

    private static final int TOKENS = 8;

    @Override public Syntax syntax() {
        Syntax syntax = new Syntax("lens doctor",
                "Compares a device with a double-precision reference on a model's own weights: each operation by "
                        + "itself, and every hook of a run. Also shows the versions, memory and libraries that a "
                        + "report of a fault needs. The reference is slow: a 7B model takes some minutes.");
        return Choices.model(syntax).example("lens doctor")
                .example("lens doctor --device tornado:0 --model ~/models/llama-2-7b.gguf");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) {
        Settings settings = Choices.settings(arguments, terminal);
        Path path = settings.model().orElseGet(Home::bundledModel);
        Backend backend = Models.backend(settings.device().orElse("auto"));
        PrintStream out = terminal.out();
        machine(out, backend);
        Model model = Model.open(path, settings.dtype().map(Models::dtype), backend);
        line(out, "model", path + " (" + model.checkpoint().format() + ")");
        boolean tokenizer = tokenizer(out, model);
        int[] ids = new int[Math.min(TOKENS, model.configuration().nCtx())];
        for (int i = 0; i < ids.length; i++) ids[i] = (int) (i * 7919L % model.configuration().dVocab());
        Checkup checkup = new Checkup(model, backend, Tokens.of(List.of(ids)), what -> {});
        boolean operations = table(out, "Operations, alone", checkup.operations());
        boolean hooks = table(out, "Hooks of a run of " + ids.length + " tokens", checkup.hooks());
        boolean well = tokenizer && operations && hooks;
        out.println(well ? "\n✓ everything agrees with the reference within rounding"
                : "\n✗ something is off: do not trust results of this device before it is explained");
        return well ? Exit.DONE : Exit.CHECK_FAILED;
    }

    private static void machine(PrintStream out, Backend backend) {
        line(out, "TornadoLens", Version.string());
        line(out, "Java", Runtime.version() + ", " + System.getProperty("java.vm.vendor"));
        line(out, "system", System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors");
        line(out, "memory", MemoryException.text(OffHeap.available()) + " for tensors and runs, "
                + MemoryException.text(Runtime.getRuntime().maxMemory()) + " for the heap");
        line(out, "device", backend.name() + ": " + backend.device());
    }

    /** Encodes a text and decodes it again, which loads the tokenizer's native library. */
    private static boolean tokenizer(PrintStream out, Model model) {
        String text = "The quick brown fox";
        try {
            String again = model.tokenizer().decode(model.tokenizer().encode(text)).strip();
            line(out, "tokenizer",
                    again.equals(text) ? "gives a text back" : "✗ gives \"" + again + "\" for \"" + text + "\"");
            return again.equals(text);
        } catch (TokenizerException | UnsatisfiedLinkError e) {
            line(out, "tokenizer", "✗ " + e.getMessage());
            return false;
        } catch (org.tornadolens.UsageException none) {
            line(out, "tokenizer", "none");
            return true;
        }
    }

    private static boolean table(PrintStream out, String title, List<Finding> findings) {
        out.println("\n" + title + ": largest error, as a share of the largest value");
        int width = findings.stream().mapToInt(one -> one.what().length()).max().orElse(0);
        for (Finding one : findings)
            out.println(String.format(Locale.ROOT, "  %s %-" + width + "s  %8.1e  of %.0e  %3d compared, worst in %s",
                    one.passed() ? "✓" : "✗", one.what(), one.worst(), one.bound(), one.compared(), one.where()));
        return findings.stream().allMatch(Finding::passed);
    }

    private static void line(PrintStream out, String name, String value) {
        out.println(String.format(Locale.ROOT, "%-12s %s", name, value));
    }
}
