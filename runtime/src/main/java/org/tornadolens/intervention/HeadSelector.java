package org.tornadolens.intervention;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;

/**
 * Selects heads by name: layer.head with ranges and wildcards, separated by commas: {@code "1.*, 5.15, 8-11.0"}. A
 * configuration resolves the selector to heads.
 */
public record HeadSelector(String text, List<Term> terms) {

    record Term(Range layers, Range heads) {}

    /** @throws UsageException if the text does not name heads */
    public static HeadSelector parse(String text) {
        List<Term> terms = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            String[] layerAndHead = part.split("\\.", -1);
            Optional<Range> layers = Range.parse(layerAndHead[0]);
            Optional<Range> heads = layerAndHead.length == 2 ? Range.parse(layerAndHead[1]) : Optional.empty();
            if (layers.isEmpty() || heads.isEmpty()) {
                throw new UsageException("\"" + part.strip() + "\" names no heads; write layer.head as in \"10.29\", "
                        + "with ranges and wildcards as in \"8-11.0\" and \"1.*\", several separated by commas");
            }
            terms.add(new Term(layers.get(), heads.get()));
        }
        return new HeadSelector(text, List.copyOf(terms));
    }

    /**
     * Returns the heads in the order named, each once.
     *
     * @throws UsageException with the model's range if it has no such layer or head
     */
    public List<Head> in(Configuration configuration) {
        Set<Head> heads = new LinkedHashSet<>();
        for (Term term : terms) {
            List<Integer> numbers = term.heads.of(configuration.nHeads(), "head", text);
            for (int layer : term.layers.of(configuration.nLayers(), "layer", text)) {
                for (int head : numbers) heads.add(new Head(layer, head));
            }
        }
        return List.copyOf(heads);
    }

    @Override public String toString() { return text; }
}
