package org.tornadolens.dsl.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command line in a process of its own, which can be killed, and has its own memory. */
record LensProcess(Process process, Path output) {

    /** @param options of Java, after those of this process */
    static LensProcess start(Path output, List<String> options, Object... arguments) throws IOException {
        return in(List.of(), output, options, arguments);
    }

    /** @param wrapper a command that starts the one that follows it */
    static LensProcess in(List<String> wrapper, Path output, List<String> options, Object... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(ProcessHandle.current().info().command().orElseThrow()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        for (Object argument : arguments) command.add(argument.toString());
        return new LensProcess(new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start(), output);
    }

    /** Waits for its end, and returns its exit code; it is killed after two minutes. */
    int exit() throws InterruptedException {
        if (!process.waitFor(120, TimeUnit.SECONDS)) process.destroyForcibly();
        return process.waitFor();
    }

    String printed() throws IOException { return Files.readString(output); }

    /** Ends it as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }
}
