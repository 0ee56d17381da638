package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.analysis.Recorded;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.dsl.html.Page;
import org.tornadolens.dsl.html.Pages;
import org.tornadolens.dsl.report.Part;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Run;
import org.tornadolens.tensor.Tensor;

/** Behind {@code html.js}: pages to look at in a browser. */
public final class HtmlExports {

    private final Host host;

    HtmlExports(Host host) { this.host = host; }

    /**
     * @param layers a selector; without one, all layers of {@code heads}
     * @param heads  a selector
     * @param row    of the batch
     */
    record AttentionRequest(Run run, Optional<String> layers, String heads, int row, String title) {

        List<Head> chosen() {
            Configuration c = run.model().configuration();
            List<Head> all = HeadSelector.parse(heads).in(c);
            if (layers.isEmpty()) return all;
            List<Integer> some = LayerSelector.parse(layers.get()).in(c);
            List<Head> chosen = all.stream().filter(head -> some.contains(head.layer())).toList();
            if (chosen.isEmpty())
                throw new UsageException("html.attention: none of heads " + heads + " lies in layers " + layers.get());
            return chosen;
        }
    }

    @HostAccess.Export public Page attention(Value request) {
        AttentionRequest asked = Requests.read(request, AttentionRequest.class);
        Run run = asked.run();
        int row = asked.row();
        List<Head> chosen = asked.chosen();
        if (row < 0 || row >= run.tokens().batch())
            throw new UsageException("html.attention: no row " + row + "; this run has " + run.tokens().batch());
        int padding = run.tokens().padding()[row], length = run.tokens().length() - padding;
        Pages.checkSize(chosen.size(), length);
        try (Progress progress = host.progress("attention patterns")) {
            List<Site> sites = chosen.stream()
                    .map(h -> Site.of(HookPoint.PATTERN.name(h.layer())).heads(List.of(h.head()))).toList();
            Recorded patterns = Recorded.of(run, sites);
            List<Pages.Pattern> shown = new ArrayList<>();
            for (int i = 0; i < sites.size(); i++) {
                Tensor pattern = patterns.get(sites.get(i)).at("batch", row);
                shown.add(new Pages.Pattern(chosen.get(i),
                        pattern.slice("dest", padding, padding + length).slice("src", padding, padding + length)));
            }
            return Pages.attention(asked.title(), List.of(TokenLabels.of(run.model(), run.tokens().row(row))), shown);
        }
    }

    record TokensRequest(List<String> pieces, Map<String, Tensor> series, String title) {}

    @HostAccess.Export public Page tokens(Value request) {
        TokensRequest asked = Requests.read(request, TokensRequest.class);
        List<Pages.Series> series = new ArrayList<>();
        asked.series().forEach((name, values) -> series.add(new Pages.Series(name, values.filled(Float.NaN))));
        return Pages.tokens(asked.title(), asked.pieces(), series);
    }

    /** @param ignore positions that are no sources */
    record LinksRequest(List<String> pieces, Tensor weights, double threshold, List<Integer> ignore, String title) {}

    @HostAccess.Export public Page links(Value request) {
        LinksRequest asked = Requests.read(request, LinksRequest.class);
        return Pages.links(asked.title(), asked.pieces(), asked.weights(), asked.threshold(), asked.ignore());
    }

    /** @param lines rows and columns between two lines; 0 for no lines */
    record HeatmapRequest(Tensor values, List<String> rows, List<String> columns, int lines, String title) {}

    @HostAccess.Export public Page heatmap(Value request) {
        HeatmapRequest asked = Requests.read(request, HeatmapRequest.class);
        return Pages.heatmap(asked.title(), asked.values().filled(Float.NaN), asked.rows(), asked.columns(),
                asked.lines());
    }

    /** @param pieces [layer][pos][rank] */
    record LensRequest(List<String> layers, List<String> positions, List<List<List<String>>> pieces,
            Tensor probabilities, String title) {}

    @HostAccess.Export public Page logitLens(Value request) {
        LensRequest asked = Requests.read(request, LensRequest.class);
        return Pages.logitLens(asked.title(), asked.layers(), asked.positions(), asked.pieces(),
                asked.probabilities());
    }

    @HostAccess.Export public void save(Page page, String name) throws IOException {
        host.save(Page.fileName(name), page::write, Part.page(page));
    }

    @HostAccess.Export public String describe(Page page) {
        return "Page \"" + page.data().get("title").getAsString() + "\": " + page.description();
    }
}
