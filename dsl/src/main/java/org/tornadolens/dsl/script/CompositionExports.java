package org.tornadolens.dsl.script;

import java.util.List;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.Interruption;
import org.tornadolens.analysis.Composition;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Tensor;

/** Behind {@code composition.js}: how much of what heads write later heads read. */
public final class CompositionExports {

    private final Host host;

    CompositionExports(Host host) { this.host = host; }

    /**
     * @param from   selects the heads that write
     * @param to     selects the heads that read
     * @param offset destination minus source
     */
    record CompositionRequest(Model model, Composition.Kind kind, String from, String to, int offset, boolean fold,
            boolean baseline) {}

    @HostAccess.Export public Tensor of(Value request) {
        CompositionRequest asked = Requests.read(request, CompositionRequest.class);
        Configuration configuration = asked.model().configuration();
        List<Head> earlier = HeadSelector.parse(asked.from()).in(configuration),
                later = HeadSelector.parse(asked.to()).in(configuration);
        String what = asked.kind() + "-composition";
        if (host.dryRun().isPresent()) {
            host.dryRun().get().computation(what, Composition.bytes(configuration, earlier, later),
                    Composition.products(configuration, earlier, later));
            return Composition.planned(configuration, earlier, later, 0.5f);
        }
        try (Progress progress = host.progress(what)) {
            return Composition.of(asked.model(), asked.kind(), earlier, later, asked.offset(), asked.fold(),
                    asked.baseline(), (done, all) -> {
                        progress.at(done, all, "steps");
                        Interruption.check();
                    });
        }
    }
}
