package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.analysis.PromotedTokens;
import org.tornadolens.analysis.Recorded;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.dsl.html.AttentionPage;
import org.tornadolens.dsl.html.CircuitPage;
import org.tornadolens.dsl.html.ExamplesPage;
import org.tornadolens.dsl.html.HeatmapPage;
import org.tornadolens.dsl.html.LensPage;
import org.tornadolens.dsl.html.LinksPage;
import org.tornadolens.dsl.html.Page;
import org.tornadolens.dsl.html.TokensPage;
import org.tornadolens.dsl.report.Part;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.survey.Found;
import org.tornadolens.survey.Survey;
import org.tornadolens.patching.Circuit;
import org.tornadolens.patching.Receiver;
import org.tornadolens.patching.Sender;
import org.tornadolens.tensor.Tensor;

/** Behind {@code html.js}: pages to look at in a browser. */
public final class HtmlExports {

    private final Host host;

    HtmlExports(Host host) { this.host = host; }

    /**
     * @param name of its prompts; empty: their texts
     * @param rows of the batch
     */
    record RunRequest(String name, Run run, List<Integer> rows) {}

    /**
     * @param layers a selector; without one, all layers of {@code heads}
     * @param heads  a selector
     * @param scores by name, [layer, head]
     */
    record AttentionRequest(List<RunRequest> runs, Optional<String> layers, String heads, Map<String, Tensor> scores,
            String title) {

        Configuration model() { return runs.getFirst().run().model().configuration(); }

        List<Head> chosen() {
            Configuration c = model();
            List<Head> all = HeadSelector.parse(heads).in(c);
            if (layers.isEmpty()) return all;
            List<Integer> some = LayerSelector.parse(layers.get()).in(c);
            List<Head> chosen = all.stream().filter(head -> some.contains(head.layer())).toList();
            if (chosen.isEmpty())
                throw new UsageException("html.attention: none of heads " + heads + " lies in layers " + layers.get());
            return chosen;
        }

        void check() {
            for (RunRequest one : runs) {
                Configuration c = one.run().model().configuration();
                if (c.nLayers() != model().nLayers() || c.nHeads() != model().nHeads())
                    throw new UsageException("html.attention shows runs of models of one size: "
                            + runs.getFirst().name() + " has " + model().nLayers() + " layers of " + model().nHeads()
                            + " heads, " + one.name() + " has " + c.nLayers() + " of " + c.nHeads());
                for (int row : one.rows())
                    if (row < 0 || row >= one.run().tokens().batch())
                        throw new UsageException("html.attention: no row " + row + "; this run has "
                                + one.run().tokens().batch());
            }
            scores.forEach((name, score) -> {
                if (score.shape().rank() != 2 || score.shape().size(0) != model().nLayers()
                        || score.shape().size(1) != model().nHeads())
                    throw new UsageException("html.attention: the score \"" + name + "\" has a number for each head, "
                            + "[layer " + model().nLayers() + ", head " + model().nHeads() + "], not "
                            + score.shape());
            });
        }
    }

    @HostAccess.Export public Page attention(Value request) {
        AttentionRequest asked = Requests.read(request, AttentionRequest.class);
        asked.check();
        List<Head> chosen = asked.chosen();
        AttentionPage.checkSize(chosen.size(), asked.runs().stream()
                .flatMap(one -> one.rows().stream().map(row -> length(one.run(), row))).toList());
        List<AttentionPage.Prompt> prompts = new ArrayList<>();
        try (Progress progress = host.progress("attention patterns")) {
            for (RunRequest one : asked.runs()) prompts.addAll(prompts(one, chosen));
        }
        Map<String, List<Float>> scores = new LinkedHashMap<>();
        asked.scores().forEach((name, score) -> scores.put(name,
                chosen.stream().map(head -> score.get(head.layer(), head.head())).toList()));
        return AttentionPage.of(asked.title(), chosen, prompts, scores);
    }

    private static int length(Run run, int row) { return run.tokens().length() - run.tokens().padding()[row]; }

    /** The patterns of the rows of one run, without padding. */
    private static List<AttentionPage.Prompt> prompts(RunRequest asked, List<Head> heads) {
        Run run = asked.run();
        List<Site> sites = heads.stream()
                .map(h -> Site.of(HookPoint.PATTERN.name(h.layer())).heads(List.of(h.head()))).toList();
        Recorded patterns = Recorded.of(run, sites);
        List<AttentionPage.Prompt> prompts = new ArrayList<>();
        for (int row : asked.rows()) {
            int padding = run.tokens().padding()[row], end = run.tokens().length();
            List<Tensor> shown = new ArrayList<>();
            for (Site site : sites)
                shown.add(patterns.get(site).at("batch", row).slice("dest", padding, end).slice("src", padding, end));
            List<String> pieces = List.of(TokenLabels.of(run.model(), run.tokens().row(row)));
            String name = asked.name().isEmpty() ? String.join("", pieces).replace('\u2581', ' ').strip()
                    : asked.rows().size() == 1 ? asked.name() : asked.name() + " " + row;
            prompts.add(new AttentionPage.Prompt(name, pieces, shown));
        }
        return prompts;
    }

    /** @param column its number among those of the value */
    record ExamplesColumn(String name, int column) {}

    /** @param tokens how many tokens are shown that a column promotes, and how many that it suppresses */
    record ExamplesRequest(Found found, Model model, List<ExamplesColumn> columns, int tokens, String title) {}

    @HostAccess.Export public Page examples(Value request) {
        ExamplesRequest asked = Requests.read(request, ExamplesRequest.class);
        List<Optional<Tensor>> directions = asked.columns().stream()
                .map(one -> asked.found().direction(asked.model(), one.name(), one.column())).toList();
        List<Tensor> known = directions.stream().flatMap(Optional::stream).toList();
        List<PromotedTokens> effects = new ArrayList<>();
        if (!known.isEmpty() && asked.tokens() > 0) {
            try (Progress progress = host.progress("tokens promoted")) {
                effects.addAll(PromotedTokens.of(asked.model(), Tensor.stack("direction", known), asked.tokens()));
            }
        }
        List<ExamplesPage.Column> columns = new ArrayList<>();
        for (int i = 0; i < asked.columns().size(); i++) {
            boolean has = directions.get(i).isPresent() && asked.tokens() > 0;
            columns.add(column(asked, asked.columns().get(i),
                    has ? Optional.of(effects.removeFirst()) : Optional.empty()));
        }
        return ExamplesPage.of(asked.title(), columns);
    }

    private static ExamplesPage.Column column(ExamplesRequest asked, ExamplesColumn one,
            Optional<PromotedTokens> effects) {
        Survey.Histogram histogram = asked.found().histogram(one.name(), one.column());
        List<ExamplesPage.Example> examples = asked.found().examples(one.name(), one.column()).stream()
                .map(e -> new ExamplesPage.Example(e.value(), e.row(), e.position(), e.peak(),
                        List.of(TokenLabels.of(asked.model(), e.tokens())), e.activations()))
                .toList();
        Survey.Column column = asked.found().columns(one.name()).get(one.column());
        return new ExamplesPage.Column(name(column), histogram.from(), histogram.width(), histogram.counts(),
                effects.map(e -> effects(asked.model(), e.promoted(), e.gains())).orElse(List.of()),
                effects.map(e -> effects(asked.model(), e.suppressed(), e.losses())).orElse(List.of()), examples);
    }

    private static List<ExamplesPage.Effect> effects(Model model, int[] ids, float[] logits) {
        String[] pieces = TokenLabels.of(model, ids);
        return IntStream.range(0, ids.length).mapToObj(i -> new ExamplesPage.Effect(pieces[i], logits[i])).toList();
    }

    /** {@code 3.17 mlp.hook_post}: the layer, the head or the neuron, or both, and the value that it is of. */
    private static String name(Survey.Column column) {
        String value = column.hook().replaceFirst("^blocks\\.\\d+\\.", "");
        String layer = column.layer() < 0 ? "" : column.layer() + "";
        return layer + column.head().map(h -> "." + h).orElse("")
                + column.number().map(n -> (column.direction() ? " direction " : layer.isEmpty() ? "" : ".") + n)
                        .orElse("")
                + " " + value;
    }

    record TokensRequest(List<String> pieces, Map<String, Tensor> series, String title) {}

    @HostAccess.Export public Page tokens(Value request) {
        TokensRequest asked = Requests.read(request, TokensRequest.class);
        List<TokensPage.Series> series = new ArrayList<>();
        asked.series().forEach((name, values) -> series.add(new TokensPage.Series(name, values.filled(Float.NaN))));
        return TokensPage.of(asked.title(), asked.pieces(), series);
    }

    /** @param ignore positions that are no sources */
    record LinksRequest(List<String> pieces, Tensor weights, double threshold, List<Integer> ignore, String title) {}

    @HostAccess.Export public Page links(Value request) {
        LinksRequest asked = Requests.read(request, LinksRequest.class);
        return LinksPage.of(asked.title(), asked.pieces(), asked.weights(), asked.threshold(), asked.ignore());
    }

    /** @param cell row × columns + column */
    record CellRequest(int cell, String text) {}

    /** @param lines rows and columns between two lines; 0 for no lines */
    record HeatmapRequest(Tensor values, List<String> rows, List<String> columns, int lines, List<CellRequest> examples,
            List<CellRequest> links, String title) {}

    @HostAccess.Export public Page heatmap(Value request) {
        HeatmapRequest asked = Requests.read(request, HeatmapRequest.class);
        return HeatmapPage.of(asked.title(), asked.values().filled(Float.NaN), asked.rows(), asked.columns(),
                asked.lines(), new HeatmapPage.Cells(byCell(asked.examples()), byCell(asked.links())));
    }

    private static Map<Integer, String> byCell(List<CellRequest> cells) {
        Map<Integer, String> texts = new LinkedHashMap<>();
        for (CellRequest one : cells) texts.put(one.cell(), one.text());
        return texts;
    }

    record GraphRequest(Circuit circuit, String title) {}

    @HostAccess.Export public Page circuit(Value request) {
        GraphRequest asked = Requests.read(request, GraphRequest.class);
        Circuit circuit = asked.circuit();
        List<String> names = CircuitExports.drawn(circuit);
        int[] ranks = CircuitExports.ranks(circuit, names);
        List<CircuitPage.Node> nodes = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            List<String> members = circuit.nodes().getOrDefault(names.get(i), List.of()).stream()
                    .map(Sender::toString).toList();
            nodes.add(new CircuitPage.Node(names.get(i), members.equals(List.of(names.get(i))) ? List.of() : members,
                    ranks[i]));
        }
        List<CircuitPage.Edge> edges = circuit.edges().stream()
                .map(edge -> new CircuitPage.Edge(names.indexOf(edge.from()), names.indexOf(edge.to()),
                        edge.kind().map(Receiver.Kind::text).orElse(""),
                        edge.effect().stream().mapToDouble(Double::doubleValue).findFirst()))
                .toList();
        return CircuitPage.of(asked.title(), nodes, edges);
    }

    /** @param pieces [layer][pos][rank] */
    record LensRequest(List<String> layers, List<String> positions, List<List<List<String>>> pieces,
            Tensor probabilities, String title) {}

    @HostAccess.Export public Page logitLens(Value request) {
        LensRequest asked = Requests.read(request, LensRequest.class);
        return LensPage.of(asked.title(), asked.layers(), asked.positions(), asked.pieces(),
                asked.probabilities());
    }

    @HostAccess.Export public void save(Page page, String name) throws IOException {
        host.save(Page.fileName(name), page::write, Part.page(page));
    }

    @HostAccess.Export public String describe(Page page) {
        return "Page \"" + page.title() + "\": " + page.description();
    }
}
