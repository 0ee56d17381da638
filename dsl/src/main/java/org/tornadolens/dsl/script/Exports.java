package org.tornadolens.dsl.script;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.tornadolens.dsl.Host;

/**
 * The Java objects behind the {@code lens} module. A script never meets them: the module's own JavaScript (the
 * resources in {@code org/tornadolens/dsl/lens/}) wraps them.
 *
 * <p>To add one:
 * <ol>
 *   <li>Write a class whose methods are functions for the module, each marked {@code @HostAccess.Export}. Other Java
 *       objects may come in and go out as opaque handles, for the module to keep in a private field ({@code #tensor});
 *       unmarked members cannot be reached. Numbers, strings, booleans, Java arrays and lists convert by themselves; a
 *       JavaScript object or function arrives as {@link org.graalvm.polyglot.Value}. Never return a {@code Map}: it
 *       looks empty there; return a {@link org.graalvm.polyglot.proxy.ProxyObject}.
 *   <li>Name it in {@link #of}.
 *   <li>In the module: {@code import { java } from "./host.js"; const tensors = java("tensors");} and call
 *       {@code tensors.mean(handle, axis)}. What the Java method throws arrives as a JavaScript error with its message:
 *       {@link org.tornadolens.UsageException} as RangeError, bad files and missing memory as Error. Anything else is
 *       reported as a bug of TornadoLens (see {@link Translation}).
 *   <li>A method with more than four arguments takes one {@code Value} and reads it with {@link Requests}.
 *   <li>Export the JavaScript function in {@code lens.js}, and declare it in {@code scripts/lens.d.ts}.
 * </ol>
 */
final class Exports {

    private Exports() {}

    static Map<String, Supplier<Object>> of(Host host) {
        Map<String, Supplier<Object>> exports = new LinkedHashMap<>();
        exports.put("script", () -> new ScriptExports(host));
        exports.put("tensors", TensorExports::new);
        exports.put("sites", SiteExports::new);
        exports.put("interventions", () -> new InterventionExports(host));
        exports.put("edits", () -> new EditExports(host));
        exports.put("metrics", MetricExports::new);
        exports.put("models", () -> new ModelExports(host));
        exports.put("patching", () -> new PatchingExports(host));
        exports.put("circuits", () -> new CircuitExports(host));
        exports.put("tokens", () -> new TokenExports(host));
        exports.put("chats", () -> new ChatExports(host));
        exports.put("weights", WeightExports::new);
        exports.put("generation", () -> new GenerationExports(host));
        exports.put("scores", () -> new ScoreExports(host));
        exports.put("factoredMatrices", () -> new FactoredMatrixExports(host));
        exports.put("composition", () -> new CompositionExports(host));
        exports.put("analysis", () -> new AnalysisExports(host));
        exports.put("attacks", () -> new AttackExports(host));
        exports.put("datasets", () -> new DatasetExports(host));
        exports.put("surveys", () -> new SurveyExports(host));
        exports.put("tasks", TaskExports::new);
        exports.put("train", () -> new TrainExports(host));
        exports.put("tensorFiles", () -> new TensorFileExports(host));
        exports.put("charts", () -> new ChartExports(host));
        exports.put("html", () -> new HtmlExports(host));
        exports.put("tables", () -> new TableExports(host));
        exports.put("reports", () -> new ReportExports(host));
        return exports;
    }
}
