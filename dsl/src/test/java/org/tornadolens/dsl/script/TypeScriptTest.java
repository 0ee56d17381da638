package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TypeScript finds nothing wrong in the declarations and in any script, as an editor would. Needs Node and npm. */
class TypeScriptTest {

    private static final Path SOURCE = Path.of("src/test/ts");
    private static final Path INSTALLED = Path.of("target/typescript");
    private static final Path SCRIPTS = Path.of("../scripts");

    private record Ended(int code, String output) {}

    @Test void everyScriptTypeChecks() throws Exception { assertEquals("", check(SCRIPTS)); }

    @Test void aMisspeltNameInAScriptIsFound(@TempDir Path folder) throws Exception {
        for (String name : new String[]{"lens.d.ts", "jsconfig.json"})
            Files.copy(SCRIPTS.resolve(name), folder.resolve(name));
        Files.writeString(folder.resolve("script.js"),
                "import { load } from \"lens\";\nload().run(\"Once\", { cahce: true });\n");
        assertNotEquals("", check(folder));
    }

    /** What the type checker says of the scripts in a folder. */
    private static String check(Path folder) throws Exception {
        Ended checked = run(INSTALLED, "node", compiler().toAbsolutePath().toString(), "-p",
                folder.resolve("jsconfig.json").toAbsolutePath().toString());
        return checked.code == 0 ? "" : "exit code " + checked.code + "\n" + checked.output;
    }

    /** Installs the pinned TypeScript once into the build's own folder. */
    private static Path compiler() throws Exception {
        Path compiler = INSTALLED.resolve("node_modules/typescript/bin/tsc");
        Files.createDirectories(INSTALLED);
        boolean same = Files.exists(compiler) && Files.exists(INSTALLED.resolve("package-lock.json"))
                && Files.mismatch(SOURCE.resolve("package-lock.json"), INSTALLED.resolve("package-lock.json")) == -1;
        if (same) return compiler;
        for (String file : new String[]{"package.json", "package-lock.json"}) {
            Files.copy(SOURCE.resolve(file), INSTALLED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        try {
            Ended installed = run(INSTALLED, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
            if (installed.code != 0)
                skip("npm could not install TypeScript: " + installed.output.lines().findFirst().orElse("no output"));
        } catch (IOException noNode) {
            skip("there is no Node here (" + noNode.getMessage() + ")");
        }
        return compiler;
    }

    private static void skip(String why) {
        System.out.println("Scripts are not type-checked: " + why);
        Assumptions.abort(why);
    }

    private static Ended run(Path folder, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            return new Ended(-1, "still running after five minutes");
        }
        return new Ended(process.exitValue(), output);
    }
}
