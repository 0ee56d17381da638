package org.tornadolens.dataset;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where the texts of a dataset come from. */
public sealed interface Source {

    /**
     * Files, read one after the other.
     *
     * @param names how messages name each
     */
    record Files(List<Path> paths, List<String> names) implements Source {
        public Files {
            paths = List.copyOf(paths);
            names = List.copyOf(names);
        }
    }

    /** Records in memory, each with its columns. */
    record Records(List<Map<String, String>> records) implements Source {
        public Records { records = List.copyOf(records); }
    }

    /** Rows of token ids in memory, which are taken as they are. */
    record Ids(List<int[]> rows) implements Source {
        public Ids { rows = List.copyOf(rows); }
    }
}
