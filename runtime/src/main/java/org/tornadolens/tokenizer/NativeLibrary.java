package org.tornadolens.tokenizer;

import ai.djl.sentencepiece.jni.SentencePieceLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Loads the native SentencePiece library that DJL ships in its jar. DJL's own loader caches an unpacked copy in the
 * user's home and trusts it (a truncated copy crashes the process), and it queries the network for its environment.
 * This class instead unpacks the library to a temporary file that is deleted once loaded: it takes no longer, needs
 * neither network nor home, and several processes may start at once.
 */
final class NativeLibrary {

    private static boolean loaded;

    private NativeLibrary() {}

    /** @throws TokenizerException where this machine cannot load it */
    static synchronized void load() {
        if (loaded) return;
        String resource = "/native/lib/" + platform() + "/" + System.mapLibraryName("sentencepiece_native");
        List<String> failures = new ArrayList<>();
        // The temporary folder may be mounted noexec.
        for (String folder : List.of(System.getProperty("java.io.tmpdir"), System.getProperty("user.home"))) {
            try {
                loadFrom(Path.of(folder), resource);
                loaded = true;
                return;
            } catch (IOException e) {
                failures.add(folder + " (" + e + ")");
            } catch (UnsatisfiedLinkError e) {   // its message starts with the file, twice
                failures.add(
                        folder + " (" + e.getMessage().substring(e.getMessage().lastIndexOf(": ") + 1).strip() + ")");
            }
        }
        throw new TokenizerException("SentencePiece", "its native library cannot be loaded from "
                + String.join(" nor from ", failures)
                + "; name a folder that programs may be run from with JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER");
    }

    private static void loadFrom(Path folder, String resource) throws IOException {
        try (InputStream library = SentencePieceLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                throw new TokenizerException("SentencePiece", "there is no native library for " + platform()
                        + "; models can be run on token ids, not on text");
            }
            Path file = Files.createTempFile(folder, "sentencepiece", ".lib");
            try {
                Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
                System.load(file.toAbsolutePath().toString());
            } finally {
                // Windows does not delete a loaded file; it then stays in the temporary folder until exit.
                if (!file.toFile().delete()) file.toFile().deleteOnExit();
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
