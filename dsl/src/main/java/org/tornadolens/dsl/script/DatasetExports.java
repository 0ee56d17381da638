package org.tornadolens.dsl.script;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dataset.DatasetOptions;
import org.tornadolens.dataset.Source;
import org.tornadolens.dsl.Host;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;

/** Behind {@code dataset.js}: texts as a stream of rows. */
public final class DatasetExports {

    private static final int MOST_ROWS = 1_000_000;

    private final Host host;

    DatasetExports(Host host) { this.host = host; }

    /**
     * @param files   names of files; null where records or ids are given
     * @param records with their columns
     * @param ids     rows of token ids
     * @param split   two shares, or null
     */
    record DatasetRequest(Optional<List<String>> files, Optional<List<Map<String, String>>> records,
            Optional<List<List<Integer>>> ids, String column, Optional<String> template, boolean paragraphs,
            boolean pack, OptionalInt length, DatasetOptions.Bos bos, boolean eos, boolean special, OptionalInt limit,
            OptionalInt shuffle, double seed, Optional<List<Double>> split, int invalid) {

        DatasetOptions options() {
            return new DatasetOptions(column, template, paragraphs, pack, length, bos, eos, special,
                    limit.isPresent() ? OptionalLong.of(limit.getAsInt()) : OptionalLong.empty(), shuffle, (long) seed,
                    split.map(s -> new DatasetOptions.Split(s.get(0), s.get(1))), invalid);
        }
    }

    @HostAccess.Export public Dataset of(Value request) throws IOException {
        DatasetRequest asked = Requests.read(request, DatasetRequest.class);
        return new Dataset(source(asked), asked.options());
    }

    private Source source(DatasetRequest asked) throws IOException {
        if (asked.records().isPresent()) return new Source.Records(asked.records().get());
        if (asked.ids().isPresent())
            return new Source.Ids(asked.ids().get().stream()
                    .map(row -> row.stream().mapToInt(Integer::intValue).toArray()).toList());
        List<Path> paths = new ArrayList<>();
        for (String name : asked.files().orElseThrow()) paths.add(host.readable(name));
        return new Source.Files(paths, asked.files().orElseThrow());
    }

    /** @param rows most rows; null for all */
    @HostAccess.Export public Tokens tokens(Dataset data, Model model, Value rows) {
        if (rows.isNull()) return data.tokens(model, MOST_ROWS);
        DatasetOptions options = data.options();
        long limit = Math.min(rows.asInt(), options.limit().orElse(Long.MAX_VALUE));
        return new Dataset(data.source(), options.limit(limit)).tokens(model, MOST_ROWS);
    }

    @HostAccess.Export public String describe(Dataset data) {
        DatasetOptions o = data.options();
        String what = switch (data.source()) {
            case Source.Files files -> String.join(", ", files.names());
            case Source.Records(var records) -> records.size() + " texts";
            case Source.Ids(var rows) -> rows.size() + " rows of ids";
        };
        StringBuilder text = new StringBuilder("Dataset ").append(what);
        if (o.pack()) text.append(", packed");
        o.length().ifPresent(length -> text.append(", rows of at most ").append(length).append(" tokens"));
        o.limit().ifPresent(rows -> text.append(", at most ").append(rows).append(" rows"));
        o.split().ifPresent(s -> text.append(", split ").append(s.from()).append(" to ").append(s.to()));
        o.shuffle().ifPresent(among -> text.append(", shuffled among ").append(among).append(" with seed ")
                .append(o.seed()));
        return text.toString();
    }
}
