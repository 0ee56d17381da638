package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Progress;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.Sampling;
import org.tornadolens.model.Tokens;
import org.tornadolens.tokenizer.TokenStream;
import org.tornadolens.tokenizer.Tokenizer;

/** Behind {@code model.generate}: continuing prompts. */
public final class GenerationExports {

    private final Host host;

    GenerationExports(Host host) { this.host = host; }

    /**
     * @param stopIds   ids that end a row, besides the model's end of sequence
     * @param stopTexts strings that end a row as soon as the generated text contains one
     */
    record GenerationRequest(Model model, Tokens prompt, int max, double temperature, double topP, int topK,
            double seed, List<Integer> stopIds, List<String> stopTexts) {

        Generation.Options options() {
            List<Integer> stop = new ArrayList<>(Generation.endOfSequence(model.configuration()));
            stop.addAll(stopIds);
            return new Generation.Options(max, new Sampling(temperature, topP, topK), (long) seed, stop);
        }
    }

    /** The prompts and the tokens generated after them, padded again. */
    @HostAccess.Export public Tokens generate(Value request) {
        GenerationRequest asked = Requests.read(request, GenerationRequest.class);
        Tokens prompt = asked.prompt();
        StopTexts texts = new StopTexts(asked.model(), prompt, asked.stopTexts());
        try (Progress progress = host.progress("generating")) {
            long[] made = {0};
            List<int[]> rows = Generation.generate(asked.model(), prompt, asked.options(), (row, token) -> {
                progress.at(++made[0], (long) asked.max() * prompt.batch(), "tokens");
                Interrupts.check();
                return texts.accept(row, token);
            });
            return Tokens.of(texts.cut(prompt, rows));
        }
    }

    /** Watches for texts that end a row. Rows are generated until each has one; the tokens after it are cut off. */
    private static final class StopTexts {
        private final List<String> stops;
        private final List<Row> rows = new ArrayList<>();

        private static final class Row {
            private final TokenStream stream;
            private final StringBuilder text = new StringBuilder();
            private int tokens;
            private boolean stopped;

            Row(TokenStream stream) { this.stream = stream; }
        }

        StopTexts(Model model, Tokens prompt, List<String> stops) {
            this.stops = stops;
            if (stops.isEmpty()) return;
            for (int row = 0; row < prompt.batch(); row++) {
                TokenStream stream = model.tokenizer().stream();
                for (int id : prompt.row(row)) stream.accept(id);
                rows.add(new Row(stream));
            }
        }

        /** Returns false once every row has a stop text. */
        boolean accept(int index, int token) {
            if (stops.isEmpty()) return true;
            Row row = rows.get(index);
            if (!row.stopped) {
                row.tokens++;
                row.text.append(row.stream.accept(token));
                row.stopped = stops.stream().anyMatch(stop -> row.text.indexOf(stop) >= 0);
            }
            return !rows.stream().allMatch(r -> r.stopped);
        }

        List<int[]> cut(Tokens prompt, List<int[]> generated) {
            List<int[]> cut = new ArrayList<>();
            for (int i = 0; i < generated.size(); i++) {
                boolean stopped = !stops.isEmpty() && rows.get(i).stopped;
                cut.add(stopped ? Arrays.copyOf(generated.get(i), prompt.row(i).length + rows.get(i).tokens)
                        : generated.get(i));
            }
            return cut;
        }
    }
}
