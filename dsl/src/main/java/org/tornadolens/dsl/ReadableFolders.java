package org.tornadolens.dsl;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.tornadolens.UsageException;

/**
 * The folders that a script may read. A path is judged by where it leads once its links and its {@code ..} are
 * followed, and before anything is asked of a file there: what is refused is refused in the same words whether or not
 * it exists.
 *
 * @param folders their real paths
 */
public record ReadableFolders(List<Path> folders) {

    private static final int MOST_LINKS = 40;     // in one path, as on Linux

    /** What a checkpoint's files are called; other links beside them are nothing to a model. */
    private static final Pattern CHECKPOINT_FILE =
            Pattern.compile(".*\\.(safetensors|bin|gguf|pth|model|jinja|index\\.json)"
                    + "|(config|params|generation_config|adapter_config|tokenizer|tokenizer_config|special_tokens_map"
                    + "|added_tokens|vocab)\\.json");
    private static final List<String> CHECKPOINT_FOLDERS = List.of("refs", "snapshots", "additional_chat_templates");

    public ReadableFolders {
        folders = List.copyOf(folders);
    }

    /** Returns those of the folders that exist. */
    public static ReadableFolders of(List<Path> folders) throws IOException {
        List<Path> real = new ArrayList<>();
        for (Path folder : folders) if (Files.isDirectory(folder)) real.add(folder.toRealPath());
        return new ReadableFolders(real);
    }

    /** Whether a path that {@link #destination} gave lies in one of the folders. */
    public boolean contain(Path real) {
        return folders.stream().anyMatch(real::startsWith);
    }

    /**
     * Returns where an absolute path leads, as far as there are files on its way; names that do not exist lead where
     * they would if they were made.
     */
    public static Path destination(Path absolute) { return destination(absolute, MOST_LINKS); }

    private static Path destination(Path absolute, int links) {
        for (Path known = absolute; known != null; known = known.getParent()) {
            Path rest = known.relativize(absolute);
            try {
                return known.toRealPath().resolve(rest).normalize();
            } catch (IOException e) {
                // absent, not to be entered, or a link to something absent
            }
            if (links > 0 && Files.isSymbolicLink(known)) {
                try {
                    Path link = known.resolveSibling(Files.readSymbolicLink(known));
                    return destination(rest.toString().isEmpty() ? link : link.resolve(rest), links - 1);
                } catch (IOException e) {
                    return absolute.normalize();
                }
            }
        }
        return absolute.normalize();
    }

    /**
     * Refuses a checkpoint with a link that leads out of the folders.
     *
     * @param checkpoint a file or folder in one of them
     */
    void requireInside(Path checkpoint) throws IOException {
        Path folder = Files.isDirectory(checkpoint) ? checkpoint : checkpoint.toAbsolutePath().getParent();
        requireLinksInside(folder, 0);
        if (!folder.equals(checkpoint)) return;
        Path above = folder.toRealPath().getParent();
        boolean meta = Files.exists(folder.resolve("params.json")), tokenizer =
                Files.exists(folder.resolve("tokenizer.json")) || Files.exists(folder.resolve("tokenizer.model"));
        if (meta && !tokenizer && above != null && !contain(above))
            throw new UsageException(folder + " holds no tokenizer, and that of the folder above it cannot be read; "
                    + "--allow-read " + above + " would allow it");
    }

    private void requireLinksInside(Path folder, int depth) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                boolean part = depth > 0 || CHECKPOINT_FILE.matcher(name).matches();
                boolean parts = depth > 0 ? depth < 2 : CHECKPOINT_FOLDERS.contains(name);
                Path real = destination(file.toAbsolutePath());
                if ((part || parts) && !contain(real))
                    throw new UsageException(file + ", which leads to " + real + ", cannot be read; --allow-read "
                            + real.getParent() + " would allow it");
                if (parts && Files.isDirectory(real)) requireLinksInside(file, depth + 1);
            }
        }
    }
}
