package org.tornadolens.dsl.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Home;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.TokenizerSource;

/** Describes a checkpoint without reading its weights. */
final class InfoCommand implements Command {

    @Override public Syntax syntax() {
        return new Syntax("lens info",
                "Shows a model's configuration, parameters, memory of weights and runs, and hook names. "
                        + "Weights are not read, so a large model takes no longer than a small one.")
                .optional("MODEL", "the checkpoint (by default TORNADOLENS_MODEL, then the bundled model)")
                .option("--model", "PATH", "the same")
                .example("lens info")
                .example("lens info ~/models/llama-2-7b.gguf");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) {
        if (arguments.operand().isPresent() && arguments.value("--model").isPresent())
            throw new UsageException("the model is given twice, as MODEL and as --model");
        Settings settings = Choices.settings(arguments, terminal);
        Path path = arguments.operand().map(Path::of).or(settings::model).orElseGet(Home::bundledModel);
        Model model = Model.open(path, Optional.empty(), Models.backend("cpu"));
        PrintStream out = terminal.out();
        out.println(path + " (" + model.checkpoint().format() + ")");
        configuration(model, out);
        parameters(model, out);
        memory(model, out);
        hookNames(model.configuration(), out);
        return Exit.DONE;
    }

    private static void configuration(Model model, PrintStream out) {
        Configuration c = model.configuration();
        out.println("\nConfiguration");
        line(out, "family", c.family().name());
        line(out, "nLayers", c.nLayers());
        line(out, "nHeads", c.nHeads());
        line(out, "nKvHeads",
                c.nKvHeads() + (c.nKvHeads() == c.nHeads() ? "" : "  (" + c.headsPerKv() + " query heads share one)"));
        line(out, "dModel", c.dModel());
        line(out, "dHead", c.dHead());
        line(out, "dMlp", c.dMlp());
        line(out, "dVocab", c.dVocab());
        line(out, "nCtx", c.nCtx());
        line(out, "ropeTheta", number(c.ropeTheta()));
        line(out, "ropeScaling", switch (c.ropeScaling()) {
            case RopeScaling.None none -> "none";
            case RopeScaling.Linear(double factor) -> "linear, factor " + number(factor);
            case RopeScaling.Llama3 llama3 ->
                    "llama3, factor " + number(llama3.factor()) + " beyond " + llama3.originalContext() + " positions";
            case RopeScaling.Yarn yarn ->
                    "yarn, factor " + number(yarn.factor()) + " beyond " + yarn.originalContext() + " positions";
            case RopeScaling.Dynamic(double factor, int context) ->
                    "dynamic, factor " + number(factor) + " beyond " + context + " positions";
            case RopeScaling.EachPair(List<Double> factors) -> "a factor for each of " + factors.size() + " pairs";
        });
        line(out, "normEps", number(c.normEps()));
        line(out, "embeddings", c.tied() ? "tied" : "separate");
        c.variant().window().ifPresent(window -> line(out, "sliding window", window.size() + " keys"
                + (window.firstLayer() > 0 ? " from layer " + window.firstLayer() + " on" : "")));
        if (c.variant().qkNorm()) line(out, "queries, keys", "normalized before rotation");
        line(out, "biases",
                Stream.of(ParameterSpec.values())
                        .filter(spec -> spec.start() == ParameterSpec.Start.ZEROS && spec.in(c))
                        .map(ParameterSpec::script).reduce((a, b) -> a + ", " + b).orElse("none"));
        line(out, "bos, eos", (c.bos().isPresent() ? c.bos().getAsInt() : "none") + ", "
                + (c.eos().isEmpty() ? "none"
                        : c.eos().stream().map(String::valueOf).collect(Collectors.joining(" or "))));
        line(out, "tokenizer", switch (model.checkpoint().tokenizer()) {
            case TokenizerSource.None(String expected) -> "none: " + expected;
            case TokenizerSource.SentencePieceModel own -> own.file().getFileName() + ", SentencePiece";
            case TokenizerSource.TokenizerJson json -> json.file().getFileName();
            case TokenizerSource.Tiktoken ranks -> ranks.file().getFileName() + ", tiktoken";
            case TokenizerSource.BytePairs pairs -> "in the checkpoint, byte pairs split as \"" + pairs.split() + "\"";
            case TokenizerSource.Llama2c(Path file, int size) -> file.getFileName();
            case TokenizerSource.Pieces pieces -> "in the checkpoint, SentencePiece";
        });
    }

    private static void parameters(Model model, PrintStream out) {
        Weights weights = model.weights();
        long embedding = weights.get(ParameterSpec.EMBEDDING.name(-1)).elements();
        out.println("\nParameters");
        line(out, "all", String.format(Locale.ROOT, "%,d", weights.elements()));
        line(out, "without embeddings", String.format(Locale.ROOT, "%,d",
                weights.elements() - (model.configuration().tied() ? embedding : 2 * embedding)));
        TreeMap<DType, Long> bytes = new TreeMap<>();
        for (String name : weights.names())
            bytes.merge(weights.get(name).type(), weights.get(name).data().byteSize(), Long::sum);
        line(out, "in the file", MemoryException.text(weights.bytes()) + "  ("
                + bytes.entrySet().stream().map(e -> e.getKey() + " " + MemoryException.text(e.getValue()))
                        .collect(Collectors.joining(", "))
                + ")");
    }

    private static void memory(Model model, PrintStream out) {
        out.println("\nMemory of the weights in each type (mapped, not copied, in the type of the file)");
        for (DType type : Conversion.TARGETS)
            line(out, type.name(),
                    at(type, model.weights()).map(MemoryException::text).orElse("rows do not fill its blocks"));
        out.println("\nMemory of a run besides the weights (one row, logits everywhere, nothing cached)");
        for (int length : List.of(128, 512, 2048)) {
            if (length <= model.configuration().nCtx())
                line(out, length + " tokens",
                        MemoryException.text(model.memory(RunOptions.DEFAULT, 1, length).bytes()));
        }
    }

    /** Returns the bytes with every matrix in {@code type}; empty if a row does not fill whole blocks of it. */
    private static Optional<Long> at(DType type, Weights weights) {
        long bytes = 0;
        for (String name : weights.names()) {
            Weight weight = weights.get(name);
            if (weight.rows() == 1) {
                bytes += weight.data().byteSize();
            } else {
                if (weight.columns() % type.blockElements() != 0) return Optional.empty();
                bytes += type.bytes(weight.elements());
            }
        }
        return Optional.of(bytes);
    }

    private static void hookNames(Configuration configuration, PrintStream out) {
        out.println("\nHook names (N: 0 to " + (configuration.nLayers() - 1) + ")");
        for (Hook hook : new HookNames(configuration).hooks("*")) {
            if (hook.layer() <= 0)
                out.println("  " + (hook.layer() < 0 ? hook.name() : hook.point().everywhere().replace("*", "N")));
        }
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? String.valueOf((long) value)
                : String.valueOf(value);
    }

    private static void line(PrintStream out, String name, Object value) { out.printf("  %-18s  %s%n", name, value); }
}
