package org.tornadolens.dsl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a project of its own, with a JDK and a Maven that only record their calls. The launcher asks for the
 * unusual version of that JDK, so that it finds no JDK of the machine.
 */
class LauncherTest {

    private static final String VERSION = "901";

    @TempDir Path folder;
    private Path project, jdk, bin;

    private record Result(int code, String out, String err) {
        List<String> arguments() { return out.lines().toList(); }
    }

    @BeforeEach void project() throws IOException {
        project = Files.createDirectories(folder.resolve("the project"));
        bin = Files.createDirectories(folder.resolve("bin"));
        jdk = folder.resolve("jdk");
        Path launcher = Home.bundledModel().getParent().resolveSibling("lens");
        executable(project.resolve("lens"),
                Files.readString(launcher).replace("needed=25\n", "needed=" + VERSION + "\n"));
        Files.writeString(project.resolve("pom.xml"), "<engine.flags>--add-modules some.module</engine.flags>\n");
        Files.createDirectories(project.resolve("dsl/src/main/start"));
        Files.writeString(project.resolve("dsl/pom.xml"), "");
        jdk(jdk, VERSION + ".0.1");
        // a build takes a moment and makes two jars
        executable(bin.resolve("mvn"), """
                #!/usr/bin/env bash
                echo "$JAVA_HOME $*" >> "%1$s/builds"
                [ -e "%1$s/broken" ] && { echo "[ERROR] Main.java:[1,1] no"; exit 1; }
                sleep 0.3
                mkdir -p "%2$s/dsl/target/lib"
                touch "%2$s/dsl/target/dsl-0.jar" "%2$s/dsl/target/lib/runtime-0.jar"
                """.formatted(folder, project));
    }

    private void jdk(Path home, String version) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(home.resolve("bin/javac"), "#!/bin/sh\n");
        executable(home.resolve("bin/java"),
                """
                        #!/usr/bin/env bash
                        for argument; do
                          case $argument in
                            -XX:AOTCacheOutput=*)
                              echo trained >> "%1$s/trainings"
                              [ -e "%1$s/untrainable" ] || echo cache > "${argument#*=}"
                              exit ;;
                          esac
                        done
                        printf '%%s\\n' "$0" "$PWD" "$@"
                        echo "on three" >&3
                        exit 7
                        """
                        .formatted(folder));
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private ProcessBuilder process(Path launcher, Path directory, String... arguments) {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", bin + ":/usr/bin:/bin");
        environment.put("HOME", folder.toString());
        environment.put("JAVA_HOME", jdk.toString());
        return builder;
    }

    private Result start(ProcessBuilder builder) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", ""), err = Files.createTempFile(folder, "err", "");
        int code = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
        return new Result(code, Files.readString(out), Files.readString(err));
    }

    private Result lens(String... arguments) throws IOException, InterruptedException {
        return start(process(project.resolve("lens"), folder, arguments));
    }

    private long builds() throws IOException {
        return Files.exists(folder.resolve("builds")) ? Files.readAllLines(folder.resolve("builds")).size() : 0;
    }

    private long trainings() throws IOException {
        return Files.readAllLines(folder.resolve("trainings"), StandardCharsets.UTF_8).size();
    }

    @Test void itBuildsOnceAndThenStartsJavaAtOnce() throws Exception {
        Result first = lens("run", "a b.js", "--arg", "k=*");
        assertEquals(7, first.code(), "java's exit code is its own");
        assertEquals(jdk.resolve("bin/java").toString(), first.arguments().getFirst());
        List<String> arguments = first.arguments();
        int main = arguments.indexOf("org.tornadolens.dsl.cli.Main");
        assertEquals(List.of("run", "a b.js", "--arg", "k=*"), arguments.subList(main + 1, arguments.size()));
        assertEquals(project.resolve("dsl/target/lib/runtime-0.jar") + ":" + project.resolve("dsl/target/dsl-0.jar"),
                arguments.get(main - 1));
        assertTrue(arguments
                .containsAll(List.of("--add-modules", "some.module", "-Xmx512m", "-Dtornadolens.home=" + project)));
        assertTrue(arguments.stream().anyMatch(a -> a.matches("-XX:MaxDirectMemorySize=\\d+k")));
        assertTrue(arguments.stream().anyMatch(a -> a.startsWith("-XX:AOTCache=" + project)));
        assertEquals("lens: building TornadoLens, once; this takes a minute …\n"
                + "lens: preparing quick starts, once; this takes some seconds …\non three\n", first.err());

        Result second = lens("info");
        assertEquals("on three\n", second.err(), "nothing is said when there is nothing to build");
        assertEquals(1, builds());
        assertEquals(1, trainings());
    }

    @Test void onlyNotebooksGetTheirOwnJars() throws Exception {
        lens();
        Path jars = Files.createDirectories(project.resolve("notebook/target/lib"));
        Files.writeString(jars.resolve("jeromq-0.jar"), "");
        Files.writeString(jars.resolveSibling("notebook-0.jar"), "");
        String core = project.resolve("dsl/target/lib/runtime-0.jar") + ":" + project.resolve("dsl/target/dsl-0.jar");
        assertEquals(core, classPath("run", "jupyter"));
        assertEquals(core + ":" + jars.resolveSibling("notebook-0.jar") + ":" + jars.resolve("jeromq-0.jar"),
                classPath("jupyter", "kernel"), "after the jars that the start-up cache knows");
    }

    private String classPath(String... arguments) throws Exception {
        List<String> all = lens(arguments).arguments();
        return all.get(all.indexOf("org.tornadolens.dsl.cli.Main") - 1);
    }

    /** Java would leave a cache that does not fit aside at every start, without a word. */
    @Test void theStartUpCacheIsMadeAnewForAnotherJdkAndOtherJars() throws Exception {
        lens();
        lens();
        assertEquals(1, trainings());
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + VERSION + ".0.2\"\n");
        lens();
        assertEquals(2, trainings(), "the JDK was updated in its place");
        Path library = project.resolve("dsl/target/lib/runtime-0.jar");
        Files.writeString(library, "other");
        Files.setLastModifiedTime(library, FileTime.from(Instant.now().minusSeconds(86_400)));
        lens();
        assertEquals(3, trainings(), "a jar was replaced by one that is older than the cache");
        lens();
        assertEquals(3, trainings());
    }

    @Test void aCacheThatCannotBeMadeIsNotTriedAgain() throws Exception {
        Files.writeString(folder.resolve("untrainable"), "");
        assertEquals(7, lens().code());
        Result again = lens();
        assertEquals(1, trainings());
        assertEquals("on three\n", again.err());
        assertFalse(again.out().contains("AOT"), again.out());
    }

    @Test void aStartWithoutTheCacheCanBeAskedFor() throws Exception {
        ProcessBuilder builder = process(project.resolve("lens"), folder);
        builder.environment().put("TORNADOLENS_START_CACHE", "no");
        Result result = start(builder);
        assertEquals(7, result.code());
        assertFalse(result.out().contains("AOT"), result.out());
        assertFalse(Files.exists(folder.resolve("trainings")));
    }

    @Test void newerSourcesAreBuiltAgain() throws Exception {
        lens();
        Path source = Files.createDirectories(project.resolve("runtime/src/main/java")).resolve("A.java");
        Files.writeString(source, "");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
        assertTrue(lens().err().startsWith("lens: sources have changed; building …\n"));
        assertEquals(2, builds());
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().minusSeconds(60)));
        Files.setLastModifiedTime(source.getParent(), FileTime.from(Instant.now().minusSeconds(60)));
        lens();
        assertEquals(2, builds());
        Files.delete(project.resolve("dsl/target/dsl-0.jar"));
        lens();
        assertEquals(3, builds(), "after mvn clean");
    }

    @Test void aFailedBuildShowsItsOutputAndWhereItIs() throws Exception {
        Files.writeString(folder.resolve("broken"), "");
        Result result = lens("info");
        assertEquals(2, result.code());
        assertEquals("", result.out());
        assertTrue(result.err().contains("[ERROR] Main.java:[1,1] no\nlens: the build failed; its output is in "
                + project.resolve(".build/build.log")), result.err());
        Files.delete(folder.resolve("broken"));
        assertEquals(7, lens("info").code(), "the next start tries again");
    }

    @Test void twoFirstStartsBuildOnce() throws Exception {
        Process[] starts = new Process[4];
        for (int i = 0; i < starts.length; i++) {
            starts[i] =
                    process(project.resolve("lens"), folder, "n" + i).redirectOutput(folder.resolve("out" + i).toFile())
                            .redirectError(folder.resolve("err" + i).toFile()).start();
        }
        for (int i = 0; i < starts.length; i++) {
            assertEquals(7, starts[i].waitFor(), Files.readString(folder.resolve("err" + i)));
            assertTrue(Files.readString(folder.resolve("out" + i)).endsWith("\nn" + i + "\n"));
        }
        assertEquals(1, builds());
        assertEquals(1, trainings());
        assertFalse(Files.exists(project.resolve(".build/lock")));
    }

    @Test void aLockOfAProcessThatIsGoneIsNoLock() throws Exception {
        Files.createDirectories(project.resolve(".build/lock"));
        Files.writeString(project.resolve(".build/lock/pid"), "4194303999");
        assertEquals(7, lens().code());
    }

    @Test void itWorksThroughSymbolicLinksAndFromAnyDirectory() throws Exception {
        Path elsewhere = Files.createDirectories(folder.resolve("else where/deep"));
        Path relative = Files.createSymbolicLink(elsewhere.resolve("first"), Path.of("../../the project/lens"));
        Path link = Files.createSymbolicLink(bin.resolve("tl"), relative);
        Result result = start(process(link, elsewhere, "x"));
        assertEquals(7, result.code(), result.err());
        assertEquals(elsewhere.toRealPath().toString(), result.arguments().get(1), "java runs in the user's directory");
        assertTrue(result.arguments().contains("-Dtornadolens.home=" + project));
        assertEquals(7, start(process(Path.of("/bin/bash"), elsewhere, "-c", "tl x")).code(), "found on the path");
        assertEquals(7, start(process(Path.of("/bin/bash"), project, "lens", "x")).code(), "named without a folder");
    }

    @Test void aReleaseStartsWithoutABuild() throws Exception {
        Path release = Files.createDirectories(folder.resolve("a release"));
        executable(release.resolve("lens"), Files.readString(project.resolve("lens")));
        Files.createDirectories(release.resolve("lib"));
        Files.writeString(release.resolve("lib/java.options"), "--add-modules other.module");
        Files.writeString(release.resolve("lib/dsl-0.jar"), "");
        Files.writeString(release.resolve("lib/runtime-0.jar"), "");
        Result result = start(process(release.resolve("lens"), folder, "x"));
        assertEquals(7, result.code());
        assertTrue(result.arguments().containsAll(List.of("--add-modules", "other.module",
                "-Dtornadolens.home=" + release, release + "/lib/dsl-0.jar:" + release + "/lib/runtime-0.jar")),
                result.out());
        assertFalse(Files.exists(folder.resolve("builds")));
    }

    @Test void anOldJavaHomeIsPassedOver() throws Exception {
        Path old = folder.resolve("old");
        jdk(old, "17.0.2");
        Path newer = folder.resolve(".sdkman/candidates/java/902-ea");
        jdk(newer, "902-ea");
        ProcessBuilder builder = process(project.resolve("lens"), folder);
        builder.environment().put("JAVA_HOME", old.toString());
        assertEquals(newer.resolve("bin/java").toString(), start(builder).arguments().getFirst());
    }

    @Test void theJavaOnThePathIsTakenWhenItIsNewEnough() throws Exception {
        Files.createSymbolicLink(bin.resolve("java"), jdk.resolve("bin/java"));
        ProcessBuilder builder = process(project.resolve("lens"), folder);
        builder.environment().remove("JAVA_HOME");
        assertEquals(jdk.resolve("bin/java").toString(), start(builder).arguments().getFirst());
    }

    @Test void withoutAJdkOneLineSaysWhatToInstall() throws Exception {
        Files.delete(jdk.resolve("release"));
        Result result = lens("info");
        assertEquals(2, result.code());
        assertTrue(
                result.err()
                        .matches("lens: no JDK " + VERSION
                                + " or newer found; install one from \\S+ or with: sdk install java .*\\R"),
                result.err());
        assertEquals(0, builds());
    }

    @Test void withoutMavenOneLineSaysWhatToInstall() throws Exception {
        Files.delete(bin.resolve("mvn"));
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : new String[]{"bash", "env", "readlink", "find", "head", "cat", "mkdir", "rm", "mv", "touch",
                "sleep", "dirname"}) {
            for (String place : new String[]{"/bin/", "/usr/bin/"}) {
                if (Files.exists(Path.of(place + tool)) && !Files.exists(tools.resolve(tool)))
                    Files.createSymbolicLink(tools.resolve(tool), Path.of(place + tool));
            }
        }
        ProcessBuilder builder = process(project.resolve("lens"), folder);
        builder.environment().put("PATH", tools.toString());
        Result result = start(builder);
        assertEquals(2, result.code());
        assertTrue(result.err().startsWith("lens: building needs Maven 3.8 or newer"), result.err());
    }
}
