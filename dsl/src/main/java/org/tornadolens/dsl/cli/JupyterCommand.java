package org.tornadolens.dsl.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Home;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.jupyter.DataFolder;
import org.tornadolens.dsl.jupyter.KernelServer;
import org.tornadolens.dsl.jupyter.KernelSpec;

/** Registers TornadoLens with Jupyter, removes it there, and is the kernel that Jupyter starts. */
final class JupyterCommand implements Command {

    private static final List<String> ACTIONS = List.of("install", "uninstall", "kernel");
    private static final List<String> MODES = List.of("message", "signal");
    private static final String NAME = "tornadolens";

    @Override public Syntax syntax() {
        Syntax syntax = new Syntax("lens jupyter",
                "Makes TornadoLens a kernel of Jupyter: notebooks then evaluate JavaScript with everything that "
                        + "\"lens\" exports in scope and the model as `model`. Python is not needed to install it.")
                .required("ACTION", "install, uninstall, or kernel, which Jupyter itself calls")
                .flag("--user", "for this user, in jupyter --data-dir (the default)")
                .flag("--sys-prefix", "in the Python environment that is active in this shell")
                .option("--prefix", "DIR", "in DIR/share/jupyter, as of a Python environment or /usr/local")
                .option("--name", "NAME", "the kernel's name in files and on command lines (by default " + NAME + ")")
                .option("--display-name", "NAME", "the name that Jupyter shows (by default TornadoLens)")
                .repeated("--env", "NAME=VALUE", "a variable of the kernel's environment")
                .option("--interrupt-mode", "MODE", "how Jupyter interrupts a cell: message (the default) or signal")
                .option("--connection-file", "FILE", "the ports that Jupyter tells the kernel");
        return Choices.seed(Choices.model(syntax))
                .example("lens jupyter install")
                .example("lens jupyter install --name smollm --display-name \"SmolLM2\" --model ~/models/SmolLM2-135M")
                .example("lens jupyter uninstall --name smollm");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException {
        String action = arguments.operand().orElseThrow();
        switch (action) {
            case "install" -> install(arguments, terminal);
            case "uninstall" -> {
                Path folder = KernelSpec.uninstall(data(arguments, terminal), arguments.value("--name").orElse(NAME));
                terminal.err().println("removed " + folder);
            }
            case "kernel" -> serve(arguments, terminal);
            default -> throw new UsageException(Nearest.message("action", action, ACTIONS));
        }
        return Exit.DONE;
    }

    // ---- install

    private void install(Arguments arguments, Terminal terminal) throws IOException {
        Path data = data(arguments, terminal);
        String mode = arguments.value("--interrupt-mode").orElse(MODES.getFirst());
        if (!MODES.contains(mode)) throw new UsageException(Nearest.message("interrupt mode", mode, MODES));
        Settings settings = Choices.settings(arguments, terminal);
        if (arguments.value("--model").isPresent())      // a wrong one is refused here
            Models.open(
                    new Settings(settings.model(), false, settings.device(), Optional.empty(), 0, Map.of(), List.of(),
                            List.of(), false, false));
        String name = arguments.value("--name").orElse(NAME);
        KernelSpec spec = new KernelSpec(name, arguments.value("--display-name").orElse(
                name.equals(NAME) ? "TornadoLens" : "TornadoLens (" + name + ")"), launcher(), options(arguments),
                mode, KernelSpec.variables(arguments.values("--env")));
        Path folder = spec.install(data);
        terminal.err().println("installed the kernel \"" + spec.displayName() + "\" in " + folder
                + "; jupyter lab offers it for new notebooks");
    }

    private static List<String> options(Arguments arguments) {
        List<String> options = new ArrayList<>();
        arguments.value("--model").map(path -> Path.of(path).toAbsolutePath().normalize().toString())
                .ifPresent(path -> options.addAll(List.of("--model", path)));
        for (String option : List.of("--device", "--dtype", "--seed"))
            arguments.value(option).ifPresent(value -> options.addAll(List.of(option, value)));
        return options;
    }

    /** Returns the launcher of this installation. */
    private static List<String> launcher() {
        Path home = Home.folder();
        String file = System.getProperty("os.name").startsWith("Windows") ? "lens.cmd" : "lens";
        Path launcher = home.resolve(file).toAbsolutePath().normalize();
        if (!Files.isRegularFile(launcher))
            throw new UsageException(
                    "there is no " + launcher + " for Jupyter to start; run lens from its installation");
        return List.of(launcher.toString());
    }

    private static Path data(Arguments arguments, Terminal terminal) {
        long chosen = List.of("--user", "--sys-prefix", "--prefix").stream().filter(arguments::has).count();
        if (chosen > 1) throw new UsageException("give one of --user, --sys-prefix and --prefix");
        Map<String, String> environment = terminal.environment();
        String system = System.getProperty("os.name"),
                home = environment.get(system.startsWith("Windows") ? "USERPROFILE" : "HOME");
        DataFolder folders = new DataFolder(environment, system,
                Path.of(home != null ? home : System.getProperty("user.home")));
        if (arguments.has("--sys-prefix")) return folders.environment();
        return arguments.value("--prefix").map(Path::of).map(DataFolder::below).orElseGet(folders::user);
    }

    // ---- the kernel

    private void serve(Arguments arguments, Terminal terminal) throws IOException {
        Path connection = arguments.value("--connection-file").map(Path::of).orElseThrow(
                () -> syntax().wrong("kernel needs --connection-file, which Jupyter gives"));
        KernelServer server = ServiceLoader.load(KernelServer.class).findFirst().orElseThrow(
                () -> new UsageException(
                        "this installation has no notebook module; start the kernel with its own lens"));
        server.serve(connection, Choices.settings(arguments, terminal).yielding(), terminal.interrupts(),
                terminal.environment(), terminal.err());
    }
}
