package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Home;

class JupyterCommandTest {

    @TempDir Path folder;

    private Lens.Result jupyter(Object... arguments) {
        Object[] all = Stream.concat(Stream.of("jupyter"), Stream.of(arguments)).toArray();
        return Lens.run(Map.of("JUPYTER_DATA_DIR", folder.resolve("data").toString()), "", all);
    }

    private JsonObject spec(String name) throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve("data/kernels").resolve(name)
                .resolve("kernel.json"))).getAsJsonObject();
    }

    private static List<String> argv(JsonObject spec) {
        JsonArray argv = spec.getAsJsonArray("argv");
        return argv.asList().stream().map(one -> one.getAsString()).toList();
    }

    private List<String> kernels() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("data/kernels"))) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test void theEntryStartsThisInstallation() throws IOException {
        Lens.Result result = jupyter("install");
        assertEquals(Exit.DONE, result.exit(), result.err());
        assertTrue(result.err().contains("installed the kernel \"TornadoLens\" in "
                + folder.resolve("data/kernels/tornadolens")), result.err());
        String lens = Home.folder().resolve("lens").toAbsolutePath().toString();
        assertEquals(List.of(lens, "jupyter", "kernel", "--connection-file", "{connection_file}"),
                argv(spec("tornadolens")));
        assertEquals("javascript", spec("tornadolens").get("language").getAsString());
        assertEquals("message", spec("tornadolens").get("interrupt_mode").getAsString());
        for (String picture : List.of("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"))
            assertTrue(Files.size(folder.resolve("data/kernels/tornadolens").resolve(picture)) > 100, picture);
        assertEquals(List.of("tornadolens"), kernels(), "nothing else is left there");
    }

    @Test void eachModelCanHaveItsKernel() throws IOException {
        Path model = Home.bundledModel();
        Lens.Result result = jupyter("install", "--name", "Small", "--display-name", "A model", "--model", model,
                "--device", "cpu", "--env", "A=b=c", "--interrupt-mode", "signal");
        assertEquals(Exit.DONE, result.exit(), result.err());
        List<String> argv = argv(spec("small"));
        assertEquals(List.of("--model", model.toAbsolutePath().normalize().toString(), "--device", "cpu"),
                argv.subList(5, argv.size()));
        assertEquals("A model", spec("small").get("display_name").getAsString());
        assertEquals("b=c", spec("small").getAsJsonObject("env").get("A").getAsString());
        assertEquals("signal", spec("small").get("interrupt_mode").getAsString());
    }

    @Test void installingAgainReplacesAndUninstallingRemoves() throws IOException {
        jupyter("install");
        Path added = Files.writeString(folder.resolve("data/kernels/tornadolens/old.txt"), "");
        assertEquals(Exit.DONE, jupyter("install", "--display-name", "New").exit());
        assertEquals("New", spec("tornadolens").get("display_name").getAsString());
        assertFalse(Files.exists(added));
        assertEquals(Exit.DONE, jupyter("uninstall").exit());
        assertEquals(List.of(), kernels());
        jupyter("install", "--name", "other");
        Lens.Result missing = jupyter("uninstall");
        assertEquals(Exit.USAGE, missing.exit());
        assertTrue(missing.err().contains("there is no kernel \"tornadolens\" in ")
                && missing.err().contains("those of TornadoLens there are other"), missing.err());
    }

    @Test void kernelsOfOtherProgramsStay() throws IOException {
        Path other = Files.createDirectories(folder.resolve("data/kernels/python3"));
        String text = "{\"argv\": [\"python\", \"-m\", \"ipykernel_launcher\", \"-f\", \"{connection_file}\"]}";
        Files.writeString(other.resolve("kernel.json"), text);
        for (String action : List.of("install", "uninstall")) {
            Lens.Result result = jupyter(action, "--name", "python3");
            assertEquals(Exit.USAGE, result.exit());
            assertTrue(result.err().contains(other + " is a kernel of another program; give ours another name"),
                    result.err());
            assertEquals(text, Files.readString(other.resolve("kernel.json")));
        }
    }

    @Test void aPrefixHasItsKernelsInShareJupyter() {
        assertEquals(Exit.DONE, jupyter("install", "--prefix", folder.resolve("usr")).exit());
        assertTrue(Files.exists(folder.resolve("usr/share/jupyter/kernels/tornadolens/kernel.json")));
        Lens.Result environment = Lens.run(Map.of("VIRTUAL_ENV", folder.resolve("venv").toString()), "", "jupyter",
                "install", "--sys-prefix");
        assertEquals(Exit.DONE, environment.exit(), environment.err());
        assertTrue(Files.exists(folder.resolve("venv/share/jupyter/kernels/tornadolens/kernel.json")));
    }

    @Test void wrongArgumentsInstallNothing() {
        refused("no action \"instal\"; nearest: install", "instal");
        refused("give one of --user, --sys-prefix and --prefix", "install", "--user", "--prefix", folder);
        refused("--sys-prefix needs an active Python environment", "install", "--sys-prefix");
        refused("\"a b\" cannot be a kernel's name", "install", "--name", "a b");
        refused("\"..\" cannot be a kernel's name", "uninstall", "--name", "..");
        refused("no interrupt mode \"signals\"; nearest: signal", "install", "--interrupt-mode", "signals");
        refused("--env takes NAME=VALUE, not \"A\"", "install", "--env", "A");
        refused("no device \"gpu\"", "install", "--device", "gpu");
        refused("kernel needs --connection-file", "kernel");
        assertEquals(Exit.BAD_MODEL, jupyter("install", "--model", folder.resolve("nothing")).exit());
        assertFalse(Files.exists(folder.resolve("data")));
    }

    private void refused(String message, Object... arguments) {
        Lens.Result result = jupyter(arguments);
        assertEquals(Exit.USAGE, result.exit(), result.err());
        assertTrue(result.err().contains(message), result.err());
    }
}
