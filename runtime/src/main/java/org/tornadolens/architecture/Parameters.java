package org.tornadolens.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tornadolens.program.Parameter;

/** The parameters of a model in canonical form, into which every checkpoint format is read. */
public record Parameters(Configuration configuration) {

    /**
     * A parameter with its row in the table.
     *
     * @param layer -1 if it belongs to no layer
     */
    public record Entry(ParameterSpec spec, int layer, Parameter parameter) {}

    public Parameter get(ParameterSpec spec, int layer) { return spec.of(configuration, layer); }

    /** Returns a parameter that belongs to no layer. */
    public Parameter get(ParameterSpec spec) {
        return get(spec, -1);
    }

    /** Returns the unembedding; the embedding if the two are tied. */
    public Parameter unembedding() {
        return get(configuration.tied() ? ParameterSpec.EMBEDDING : ParameterSpec.UNEMBEDDING);
    }

    /** Returns the parameters of one layer, in the order of data flow. */
    public List<Entry> block(int layer) {
        return specs().filter(ParameterSpec::ofBlock).map(spec -> new Entry(spec, layer, get(spec, layer))).toList();
    }

    /** Returns every parameter once, in the order of data flow. */
    public List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        boolean blocks = false;
        for (ParameterSpec spec : specs().toList()) {
            if (!spec.ofBlock()) {
                entries.add(new Entry(spec, -1, get(spec)));
            } else if (!blocks) {
                for (int layer = 0; layer < configuration.nLayers(); layer++) entries.addAll(block(layer));
                blocks = true;
            }
        }
        return entries;
    }

    /** Returns the parameters of {@link #entries}. */
    public List<Parameter> all() {
        return entries().stream().map(Entry::parameter).toList();
    }

    private Stream<ParameterSpec> specs() {
        return Stream.of(ParameterSpec.values()).filter(spec -> spec.in(configuration));
    }
}
