package org.tornadolens.dsl.script;

import java.util.Optional;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.metric.Metric;
import org.tornadolens.patching.Measure;

/**
 * A metric as the module sends it: one of the two.
 *
 * @param call a function of a Java Run that returns a number
 */
record MetricRequest(Optional<Metric> declared, Optional<Value> call) {

    Measure measure() {
        return declared.<Measure>map(Measure.Declared::new)
                .orElseGet(() -> new Measure.Host(run -> call.orElseThrow().execute(run).asDouble()));
    }

    /** Refuses a function where edges are cut inside a run, because it only sees whole runs. */
    Metric ofEdges() {
        return declared.orElseThrow(() -> new UsageException("edges are measured by a declared metric, "
                + "as metric.kl(…) or metric.logitDiff(…) make one, not by a function"));
    }
}
