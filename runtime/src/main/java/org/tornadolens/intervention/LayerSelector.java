package org.tornadolens.intervention;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;

/** Selects layers by number: {@code "0-5"}, {@code "*"}, {@code "1, 3, 8-11"}. */
public record LayerSelector(String text, List<Range> ranges) {

    /** @throws UsageException if the text does not name layers */
    public static LayerSelector parse(String text) {
        List<Range> ranges = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            ranges.add(Range.parse(part).orElseThrow(() -> new UsageException(
                    "\"" + part.strip()
                            + "\" names no layers; write \"3\", \"0-5\" or \"*\", several separated by commas")));
        }
        return new LayerSelector(text, List.copyOf(ranges));
    }

    /**
     * Returns the layers in the order named, each once.
     *
     * @throws UsageException with the model's range if it has no such layer
     */
    public List<Integer> in(Configuration configuration) {
        Set<Integer> layers = new LinkedHashSet<>();
        for (Range range : ranges) layers.addAll(range.of(configuration.nLayers(), "layer", text));
        return List.copyOf(layers);
    }

    @Override public String toString() { return text; }
}
