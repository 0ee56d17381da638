package org.tornadolens.dsl.cli;

import java.util.List;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.dsl.Exit;

/** Lists the devices that models can run on. */
final class DevicesCommand implements Command {

    @Override public Syntax syntax() {
        return new Syntax("lens devices",
                "Lists the devices of this machine by their names for --device. auto takes the first.")
                .example("lens devices");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) {
        List<Backend> backends = Backends.all();
        int width = backends.stream().mapToInt(backend -> backend.name().length()).max().orElse(0);
        for (Backend backend : backends) {
            terminal.out().println(backend.name() + " ".repeat(width - backend.name().length() + 2) + backend.device());
        }
        if (backends.stream().noneMatch(backend -> backend.name().startsWith("tornado"))) {
            terminal.err().println("tornado is not available: it needs a TornadoVM SDK (sdk install tornadovm)");
        }
        return Exit.DONE;
    }
}
