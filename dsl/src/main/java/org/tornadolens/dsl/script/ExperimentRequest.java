package org.tornadolens.dsl.script;

import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.Measure;
import org.tornadolens.patching.Pair;

/** The model, prompts and metric of a comparison of clean with corrupted runs. */
record ExperimentRequest(Model model, Tokens clean, Tokens corrupted, MetricRequest metric) {

    Pair pair() { return new Pair(clean, corrupted); }

    Measure measure() { return metric.measure(); }
}
