package org.tornadolens.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import ai.djl.sentencepiece.jni.SentencePieceLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.tornadolens.files.TemporaryFolder;

/**
 * The native libraries that DJL ships in its jars. DJL's own loader caches an unpacked copy in the user's home and
 * trusts it (a truncated copy crashes the process), and it queries the network for its environment. This class instead
 * unpacks a library to a temporary folder that is deleted once it is loaded: it takes no longer, needs neither network
 * nor home, and several processes may start at once.
 */
enum NativeLibrary {
    SENTENCEPIECE("SentencePiece", SentencePieceLibrary.class, "", "sentencepiece_native"),
    TOKENIZERS("tokenizers", TokenizersLibrary.class, "cpu/", "tokenizers");

    /** What the tokenizers library is linked to on Windows, in the order in which they are loaded. */
    private static final List<String> WINDOWS_RUNTIME =
            List.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll");

    private final String title, folder, library;
    private final Class<?> jar;
    private boolean loaded;

    NativeLibrary(String title, Class<?> jar, String folder, String library) {
        this.title = title;
        this.jar = jar;
        this.folder = folder;
        this.library = library;
    }

    /** @throws TokenizerException where this machine cannot load it */
    synchronized void load() {
        if (loaded) return;
        List<String> failures = new ArrayList<>();
        // The temporary folder may be mounted noexec.
        for (String parent : List.of(System.getProperty("java.io.tmpdir"), System.getProperty("user.home"))) {
            try {
                loadFrom(Path.of(parent));
                loaded = true;
                return;
            } catch (IOException e) {
                failures.add(parent + " (" + e + ")");
            } catch (UnsatisfiedLinkError e) {   // its message starts with the file, twice
                failures.add(
                        parent + " (" + e.getMessage().substring(e.getMessage().lastIndexOf(": ") + 1).strip() + ")");
            }
        }
        throw new TokenizerException(title, "its native library cannot be loaded from "
                + String.join(" nor from ", failures)
                + "; name a folder that programs may be run from with JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER");
    }

    private void loadFrom(Path parent) throws IOException {
        String platform = platform(), resources = "/native/lib/" + platform + "/" + folder;
        TemporaryFolder temporary = TemporaryFolder.in(parent);
        Path unpacked = temporary.path();
        try {
            Stream<String> needed = this == TOKENIZERS && platform.startsWith("win") ? WINDOWS_RUNTIME.stream()
                    : Stream.empty();
            for (String name : Stream.concat(needed, Stream.of(System.mapLibraryName(library))).toList()) {
                try (InputStream resource = jar.getResourceAsStream(resources + name)) {
                    if (resource == null) {
                        throw new TokenizerException(title, "there is no native library for " + platform
                                + "; models can be run on token ids, not on text");
                    }
                    Path file = unpacked.resolve(name);
                    Files.copy(resource, file, StandardCopyOption.REPLACE_EXISTING);
                    System.load(file.toAbsolutePath().toString());
                }
            }
        } finally {
            try {
                temporary.close();
            } catch (UncheckedIOException e) {
                // Windows does not delete a loaded file: the next process that makes such a folder does
            }
        }
    }

    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        return (os.startsWith("windows") ? "win" : os.startsWith("mac") ? "osx" : os)
                + "-" + (arch.equals("amd64") ? "x86_64" : arch);
    }
}
