package org.tornadolens.architecture;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tornadolens.program.Parameter;

/** The parameters of a model; every checkpoint format is read into these. */
public record Parameters(Configuration configuration) {

    /**
     * One of them.
     *
     * @param layer -1 where it belongs to none
     */
    public record Entry(ParameterSpec spec, int layer, Parameter parameter) {}

    public Parameter get(ParameterSpec spec, int layer) { return spec.of(configuration, layer); }

    /** A parameter that belongs to no layer. */
    public Parameter get(ParameterSpec spec) { return get(spec, -1); }

    /** The unembedding; under tied embeddings the embedding itself. */
    public Parameter unembedding() {
        return get(configuration.tied() ? ParameterSpec.EMBEDDING : ParameterSpec.UNEMBEDDING);
    }

    /** The parameters of one layer, in the order data flows. */
    public List<Entry> block(int layer) {
        return specs().filter(ParameterSpec::ofBlock).map(spec -> new Entry(spec, layer, get(spec, layer))).toList();
    }

    /** Every parameter once, in the order data flows. */
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

    /** The same without what the table says of them. */
    public List<Parameter> all() {
        return entries().stream().map(Entry::parameter).toList();
    }

    private Stream<ParameterSpec> specs() {
        return Stream.of(ParameterSpec.values()).filter(spec -> spec.in(configuration));
    }
}
