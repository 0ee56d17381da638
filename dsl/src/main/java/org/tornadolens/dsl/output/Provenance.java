package org.tornadolens.dsl.output;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where a run's numbers come from, besides the models and files that the script turns out to use ({@link RunRecord}).
 *
 * @param seed      of everything random
 * @param arguments the script's, as the command line gave them
 * @param version   of TornadoLens
 */
public record Provenance(Path script, long seed, Map<String, String> arguments, String version) {}
