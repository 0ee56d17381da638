package org.tornadolens.dsl.script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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

    /** @param layers null for those of {@code heads} */
    @HostAccess.Export public Page attention(Run run, String layers, String heads, int row, String title) {
        Configuration c = run.model().configuration();
        List<Integer> some = Optional.ofNullable(layers).map(l -> LayerSelector.parse(l).in(c))
                .orElse(IntStream.range(0, c.nLayers()).boxed().toList());
        List<Head> chosen = HeadSelector.parse(heads).in(c).stream().filter(h -> some.contains(h.layer())).toList();
        if (chosen.isEmpty())
            throw new UsageException("html.attention: none of heads " + heads + " lies in layers " + layers);
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
            return Pages.attention(title, List.of(TokenLabels.of(run.model(), run.tokens().row(row))), shown);
        }
    }

    @HostAccess.Export public Page tokens(Value pieces, Value names, Value tensors, String title) {
        List<String> named = Arguments.strings(names);
        List<Tensor> values = Arguments.objects(tensors, Tensor.class);
        return Pages.tokens(title, Arguments.strings(pieces),
                IntStream.range(0, named.size()).mapToObj(i -> new Pages.Series(named.get(i), values.get(i))).toList());
    }

    @HostAccess.Export public Page links(Value pieces, Tensor weights, double threshold, Value ignored, String title) {
        return Pages.links(title, Arguments.strings(pieces), weights, threshold,
                IntStream.of(Arguments.ints(ignored)).boxed().toList());
    }

    @HostAccess.Export public Page heatmap(Tensor values, Value rows, Value columns, int lines, String title) {
        return Pages.heatmap(title, values, Arguments.strings(rows), Arguments.strings(columns), lines);
    }

    /** @param pieces [layer][pos][rank] */
    @HostAccess.Export public Page logitLens(Value layers, Value positions, Value pieces, Tensor probabilities,
            String title) {
        List<List<List<String>>> all = new ArrayList<>();
        for (long layer = 0; layer < pieces.getArraySize(); layer++) {
            Value row = pieces.getArrayElement(layer);
            List<List<String>> ofLayer = new ArrayList<>();
            for (long position = 0; position < row.getArraySize(); position++)
                ofLayer.add(Arguments.strings(row.getArrayElement(position)));
            all.add(ofLayer);
        }
        return Pages.logitLens(title, Arguments.strings(layers), Arguments.strings(positions), all, probabilities);
    }

    @HostAccess.Export public void save(Page page, String name) throws IOException {
        host.save(Page.fileName(name), page::write);
    }

    @HostAccess.Export public String describe(Page page) {
        return "Page \"" + page.data().get("title").getAsString() + "\": " + page.description();
    }
}
