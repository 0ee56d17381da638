package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.graalvm.polyglot.HostAccess;
import org.tornadolens.Interruption;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.Npy;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.checkpoint.SafetensorsWriter;
import org.tornadolens.dsl.Host;
import org.tornadolens.files.TemporaryFolder;
import org.tornadolens.tensor.Tensor;

/** Behind {@code tensor.js}: tensors in files. */
public final class TensorFileExports {

    /** The name of a saved tensor in its safetensors file. */
    private static final String NAME = "tensor";

    private static final int CHUNK = 1 << 20;      // bytes that are copied between two looks at an interrupt

    private final Host host;

    TensorFileExports(Host host) { this.host = host; }

    /** @param file ends in .npy, or in .safetensors, which keeps the names of the axes */
    @HostAccess.Export public void save(Tensor tensor, String file) throws IOException {
        boolean npy = ends(file, ".npy");
        if (!npy && !ends(file, ".safetensors"))
            throw new UsageException("a tensor is saved as .npy or .safetensors, not as \"" + file + "\"");
        host.save(file, out -> {
            try (TemporaryFolder temporary = TemporaryFolder.create()) {
                Path written = temporary.path().resolve("written");
                if (npy) Npy.write(written, tensor);
                else new SafetensorsWriter().add(NAME, tensor).write(written);
                copy(written, out);
            }
        });
    }

    private static void copy(Path file, OutputStream out) throws IOException {
        byte[] bytes = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(bytes); n > 0; n = in.read(bytes)) {
                Interruption.check();
                out.write(bytes, 0, n);
            }
        }
    }

    /** @param name of the tensor in a file with several, or null */
    @HostAccess.Export public Tensor load(String file, String name) throws IOException {
        Path path = host.readable(file);
        if (ends(file, ".npy")) {
            if (name != null)
                throw new UsageException(path + " holds one array without a name; leave \"" + name + "\" out");
            return Npy.read(path);
        }
        if (!ends(file, ".safetensors"))
            throw new UsageException("tensors are loaded from .npy and .safetensors, not from \"" + file + "\"");
        Safetensors tensors = Safetensors.open(path);
        return tensors.tensor(name == null ? only(path, tensors.names()) : known(name, tensors.names(), path));
    }

    private static String only(Path path, Set<String> names) {
        if (names.size() == 1) return names.iterator().next();
        List<String> some = names.stream().limit(8).toList();
        throw new UsageException(path + " holds " + names.size() + " tensors; name one: " + String.join(", ", some)
                + (some.size() < names.size() ? ", …" : ""));
    }

    private static String known(String name, Set<String> names, Path path) {
        if (names.contains(name)) return name;
        throw new UsageException(path + ": " + Nearest.message("tensor", name, names));
    }

    private static boolean ends(String file, String extension) {
        return file.toLowerCase(Locale.ROOT).endsWith(extension);
    }
}
