package org.tornadolens.dsl;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weights;

/** Opens models. The command line takes precedence over the environment, and that over the script. */
public final class Models {

    private static final String AUTO = "auto", TORNADO = "tornado";

    private Models() {}

    /**
     * Opens a model for a script and records its use.
     *
     * @param named  the script's, which may be one that it has saved; without one, the bundled model
     * @param dtype  the script's
     * @param device the script's
     */
    public static Model open(Host host, Optional<String> named, Optional<String> dtype, Optional<String> device) {
        Settings settings = host.settings();
        boolean ignored = !settings.yields() && settings.model().isPresent();
        Optional<ScriptModel> asked = ignored ? Optional.empty() : named.map(name -> ScriptModel.of(host, name));
        Optional<String> path = asked.map(ScriptModel::path);
        Model model;
        try (Progress progress = host.progress("opening the model")) {
            model = host.dryRun().isPresent() ? planned(settings, host.dryRun().get(), path, dtype, device)
                    : open(settings, path, dtype, device);
        }
        asked.ifPresent(ScriptModel::require);   // links that were changed while it was opened
        host.record().model(model.checkpoint().source(), model.checkpoint().format(),
                dtypes(model),
                model.backend().device());
        return model;
    }

    /** Opens the model named by the command line or the environment, else the bundled one. */
    public static Model open(Settings settings) {
        return open(settings, Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static Model open(Settings settings, Optional<String> path, Optional<String> dtype,
            Optional<String> device) {
        Path checkpoint = checkpoint(settings, path);
        Optional<DType> type = settings.dtype().or(() -> dtype).map(Models::dtype);
        return Model.open(checkpoint, type, backend(settings.device().or(() -> device).orElse(AUTO)));
    }

    private static Path checkpoint(Settings settings, Optional<String> path) {
        Optional<Path> named = path.map(Path::of);
        return (settings.yields() ? named.or(settings::model) : settings.model().or(() -> named))
                .orElseGet(Home::bundledModel);
    }

    /**
     * Returns the model on a backend that only plans its runs. Weights that would be converted keep their type and are
     * counted in the type they would have.
     */
    private static Model planned(Settings settings, DryRun dryRun, Optional<String> path, Optional<String> dtype,
            Optional<String> device) {
        Path checkpoint = checkpoint(settings, path);
        Model model = Model.open(checkpoint, Optional.empty(),
                dryRun.planning(backend(settings.device().or(() -> device).orElse(AUTO))));
        Optional<DType> type = settings.dtype().or(() -> dtype).map(Models::dtype);
        dryRun.model(model, type.map(t -> bytes(model.weights(), t)).orElse(model.weights().bytes()), type.isEmpty());
        return model;
    }

    /** Returns the bytes with every matrix in {@code type}; vectors keep their type. */
    private static long bytes(Weights weights, DType type) {
        return weights.names().stream().map(weights::get)
                .mapToLong(w -> w.rows() == 1 ? w.data().byteSize() : type.bytes(w.elements())).sum();
    }

    /** Parses {@code f16}, in upper or lower case. */
    public static DType dtype(String name) {
        return Conversion.TARGETS.stream().filter(type -> type.name().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new UsageException(
                        "no dtype \"" + name + "\"; weights can be converted to " + Conversion.TARGETS.stream()
                                .map(type -> type.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", "))));
    }

    /** Returns a device's backend; {@code auto} is the first device there is, the CPU if there is no other. */
    public static Backend backend(String device) {
        if (device.equals(AUTO)) return Backends.all().getFirst();
        Optional<Backend> named = Backends.named(device);
        if (named.isPresent()) return named.get();
        boolean tornado = Backends.all().stream().anyMatch(backend -> backend.name().startsWith(TORNADO));
        if (!tornado && (device.equals(TORNADO) || device.startsWith(TORNADO + ":"))) {
            throw new UsageException(
                    "no device \"" + device + "\": there is no TornadoVM SDK; install one with: sdk install tornadovm");
        }
        List<String> known = new ArrayList<>(List.of(AUTO));
        Backends.all().forEach(backend -> known.add(backend.name()));
        throw new UsageException(Nearest.message("device", device, known));
    }

    /** Returns the types of a model's matrices: {@code F16}, or {@code Q4_K, Q6_K}. */
    private static String dtypes(Model model) {
        return String.join(", ",
                model.weights().names().stream().map(model.weights()::get).filter(weight -> weight.rows() > 1)
                        .map(weight -> weight.type().name()).distinct().sorted().toList());
    }
}
