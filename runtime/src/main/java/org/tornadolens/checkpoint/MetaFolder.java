package org.tornadolens.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * Opens a checkpoint as Meta distributes it: params.json, and consolidated.00.pth, 01, … per model-parallel rank; or
 * as Mistral does: params.json and consolidated.safetensors, whose tensors have Meta's names and order of rows.
 */
final class MetaFolder {

    static final String PARAMS = "params.json";
    private static final String SAFETENSORS = "consolidated.safetensors";

    private MetaFolder() {}

    static Checkpoint open(Path folder) {
        Path single = folder.resolve(SAFETENSORS);
        if (Files.exists(single))
            return open(folder, "Mistral safetensors", List.of(Safetensors.open(single).tensors()));
        List<Map<String, StoredTensor>> ranks = new ArrayList<>();
        List<Path> files = parts(folder);
        for (int rank = 0; rank < files.size(); rank++) {
            Path expected = folder.resolve("consolidated.%02d.pth".formatted(rank));
            if (!files.get(rank).equals(expected))
                throw new CheckpointException(expected, "is missing beside " + files.getLast().getFileName());
            ranks.add(TorchFile.open(expected));
        }
        return open(folder, "Meta .pth", ranks);
    }

    private static Checkpoint open(Path folder, String format, List<Map<String, StoredTensor>> ranks) {
        ModelParallel parallel = new ModelParallel(folder, ranks);
        TokenizerSource tokenizer = TokenizerFiles.beside(folder, folder.resolve(".."));
        Configuration configuration = MetaParams.read(folder.resolve(PARAMS), parallel.vocabularySize(),
                tokenizer instanceof TokenizerSource.SentencePieceModel);
        Weights weights = new Assembly(folder, Naming.META, configuration, parallel.joined()).weights();
        return new Checkpoint(folder, format, configuration, weights, tokenizer);
    }

    private static List<Path> parts(Path folder) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "consolidated.*.pth")) {
            found.forEach(files::add);
        } catch (IOException | DirectoryIteratorException e) {
            throw new CheckpointException(folder, "cannot be listed: " + e.getMessage());
        }
        if (files.isEmpty())
            throw new CheckpointException(folder, "has a " + PARAMS + " but no consolidated.00.pth or "
                    + SAFETENSORS);
        Collections.sort(files);
        return files;
    }
}
