package org.tornadolens.dsl;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of a run from the command line and the environment, which take precedence over the script's.
 *
 * @param model      the checkpoint in place of the script's
 * @param yields     whether a checkpoint that the script names is opened all the same, as in a session
 * @param device     {@code auto}, {@code cpu}, {@code tornado} or {@code tornado:N}
 * @param dtype      the type that matrices are converted to
 * @param seed       the seed of everything random, 0 to 2⁵³ - 1
 * @param arguments  {@code --arg k=v}
 * @param allowRead  folders that a script may read besides its own
 * @param allowWrite folders that a script may write besides its run folder
 * @param resume     sweeps continue from where an earlier run was stopped
 * @param dryRun     runs are planned instead of run, and nothing is written
 */
public record Settings(Optional<Path> model, boolean yields, Optional<String> device, Optional<String> dtype,
        long seed, Map<String, String> arguments, List<Path> allowRead, List<Path> allowWrite, boolean resume,
        boolean dryRun) {

    public static final Settings DEFAULT = new Settings(Optional.empty(), false, Optional.empty(), Optional.empty(), 0,
            Map.of(), List.of(), List.of(), false, false);

    public Settings {
        arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
        allowRead = List.copyOf(allowRead);
        allowWrite = List.copyOf(allowWrite);
    }

    public Settings with(Map<String, String> arguments, List<Path> allowRead, List<Path> allowWrite) {
        return new Settings(model, yields, device, dtype, seed, arguments, allowRead, allowWrite, resume, dryRun);
    }

    /** Returns the settings of a session, in which an input may open any model. */
    public Settings yielding() {
        return new Settings(model, true, device, dtype, seed, arguments, allowRead, allowWrite, resume, dryRun);
    }

    public Settings dry() {
        return new Settings(model, yields, device, dtype, seed, arguments, allowRead, allowWrite, resume, true);
    }

    public Settings resuming() {
        return new Settings(model, yields, device, dtype, seed, arguments, allowRead, allowWrite, true, dryRun);
    }
}
