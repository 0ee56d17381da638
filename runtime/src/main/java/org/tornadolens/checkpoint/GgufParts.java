package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A GGUF model in one file, or in several that llama.cpp's gguf-split wrote ({@code NAME-00001-of-00003.gguf}): the
 * first has the metadata, and each a share of the tensors.
 *
 * @param head    the file with the metadata
 * @param tensors those of all parts
 */
record GgufParts(Path path, GgufFile head, Map<String, StoredTensor> tensors) {

    private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
    private static final String COUNT = "split.count", NUMBER = "split.no", TENSORS = "split.tensors.count";

    /** Opens a file and, where it is part of a model, the others beside it. */
    static GgufParts open(Path path) {
        GgufFile file = GgufFile.open(path);
        int count = file.metadata().integer(COUNT, 1);
        if (count <= 1) return new GgufParts(path, file, file.tensors());
        Matcher name = NAME.matcher(path.getFileName().toString());
        if (!name.matches() || Integer.parseInt(name.group(3)) != count) {
            throw new CheckpointException(path, "is part " + (file.metadata().integer(NUMBER, 0) + 1) + " of " + count
                    + " (" + COUNT + "), but its name does not end in -00001-of-%05d.gguf".formatted(count)
                    + " or the like, by which the other parts are found; give the parts back their names");
        }
        List<GgufFile> parts = new ArrayList<>();
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (int number = 0; number < count; number++) {
            Path each = part(path, name.group(1), number, count);
            parts.add(part(each, number, count));
            parts.getLast().tensors().forEach((tensor, stored) -> {
                if (tensors.put(tensor, stored) != null) throw stored.problem("is in an earlier part, too");
            });
        }
        GgufFile head = parts.getFirst();
        int claimed = head.metadata().integer(TENSORS, tensors.size());
        if (claimed != tensors.size())
            throw head.metadata().problem(TENSORS, "is " + claimed + ", but the " + count + " parts hold "
                    + tensors.size() + "; the parts are of different models or versions: download them again");
        return new GgufParts(part(path, name.group(1), 0, count), head, tensors);
    }

    private static Path part(Path sibling, String name, int number, int count) {
        return sibling.resolveSibling(name(name, number, count));
    }

    private static String name(String name, int number, int count) {
        return "%s-%05d-of-%05d.gguf".formatted(name, number + 1, count);
    }

    private static GgufFile part(Path path, int number, int count) {
        if (!Files.exists(path))
            throw new CheckpointException(path, "is missing; the model is in " + count + " parts: download them all"
                    + " into one folder");
        GgufFile file = GgufFile.open(path);
        if (file.metadata().integer(NUMBER) != number)
            throw file.metadata().problem(NUMBER,
                    "is " + file.metadata().integer(NUMBER) + " where the file's name says "
                            + number + "; give the parts back their names");
        if (file.metadata().integer(COUNT) != count)
            throw file.metadata().problem(COUNT, "is " + file.metadata().integer(COUNT) + " where the file's name says "
                    + count + "; it is a part of another model");
        return file;
    }

    /** Returns files without the later parts of those that are in several. */
    static List<Path> first(List<Path> files) {
        List<Path> first = new ArrayList<>();
        for (Path file : files) {
            Matcher name = NAME.matcher(file.getFileName().toString());
            boolean later = name.matches() && !name.group(2).equals("00001")
                    && files.contains(part(file, name.group(1), 0, Integer.parseInt(name.group(3))));
            if (!later) first.add(file);
        }
        return first;
    }
}
