package org.tornadolens.dsl.output;

import java.nio.file.Path;
import java.util.Map;

/**
 * The inputs of a run, besides the models and files that the script turns out to use ({@link RunRecord}).
 *
 * @param seed      the seed of everything random
 * @param arguments the values of --arg
 * @param version   of TornadoLens
 */
public record Provenance(Path script, long seed, Map<String, String> arguments, String version) {}
