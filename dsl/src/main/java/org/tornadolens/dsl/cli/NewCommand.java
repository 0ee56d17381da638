package org.tornadolens.dsl.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Exit;

/** Writes a script to start from, and never overwrites a file. */
final class NewCommand implements Command {

    @Override public Syntax syntax() {
        return new Syntax("lens new", "Writes a script to start from. An existing file is not overwritten.")
                .required("NAME", "the script's name or path; .js is added")
                .example("lens new my-experiment        # writes my-experiment.js");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException {
        String name = arguments.operand().orElseThrow();
        Path file = Path.of(name.endsWith(".js") || name.endsWith(".mjs") ? name : name + ".js");
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) throw new UsageException("there is no folder " + folder);
        try (InputStream template = NewCommand.class.getResourceAsStream("template.js")) {
            Files.write(file, template.readAllBytes(), StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new UsageException(file + " exists already and stays as it is");
        }
        terminal.err().println("wrote " + file + "; lens run " + file + " runs it");
        return Exit.DONE;
    }
}
