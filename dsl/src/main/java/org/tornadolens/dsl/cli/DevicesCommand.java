package org.tornadolens.dsl.cli;

import java.util.List;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.dsl.Exit;

/** Lists what models can run on. */
final class DevicesCommand implements Command {

    @Override public Syntax syntax() {
        return new Syntax("lens devices",
                "Lists what models can run on here, as --device names it. The first is what auto takes.")
                .example("lens devices");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) {
        List<Backend> backends = Backends.all();
        int width = backends.stream().mapToInt(backend -> backend.name().length()).max().orElse(0);
        for (Backend backend : backends) {
            terminal.out().println(backend.name() + " ".repeat(width - backend.name().length() + 2) + backend.device());
        }
        if (backends.stream().noneMatch(backend -> backend.name().startsWith("tornado"))) {
            terminal.err().println("tornado is not here: it needs a TornadoVM SDK (sdk install tornadovm)");
        }
        return Exit.DONE;
    }
}
