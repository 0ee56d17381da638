package org.tornadolens.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What this process says of itself to others that want to write what it writes. */
final class Owner {

    private static final String TEXT = "process " + ProcessHandle.current().pid() + " on " + machine() + ", since "
            + ProcessHandle.current().info().startInstant().orElseGet(Instant::now).truncatedTo(ChronoUnit.SECONDS);

    private Owner() {}

    static String text() { return TEXT; }

    /** Without a question to the network, which may take long. */
    private static String machine() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            String windows = System.getenv("COMPUTERNAME"),
                    name = windows == null ? System.getenv("HOSTNAME") : windows;
            return name == null ? "this machine" : name;
        }
    }
}
