package org.tornadolens.analysis;

import java.util.List;
import java.util.TreeSet;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Run;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * The distance between the residual streams of two positions, before each layer and after the last.
 *
 * @param distance ‖a - b‖, [batch, pair, layer]
 * @param cosine   a·b / (‖a‖ ‖b‖), of the same shape
 */
public record ResidualDistance(Tensor distance, Tensor cosine) {

    /** A pair of positions, each counted from a row's first real token, or from the end if negative. */
    public record Pair(int a, int b) {}

    public static ResidualDistance of(Run run, List<Pair> pairs) {
        if (pairs.isEmpty()) throw new UsageException("no pairs of positions were named");
        Configuration c = run.model().configuration();
        TreeSet<Integer> all = new TreeSet<>();
        for (Pair pair : pairs) all.addAll(List.of(pair.a, pair.b));
        List<Integer> positions = List.copyOf(all);
        List<Site> sites =
                LogitLens.names(LogitLens.Of.RESIDUAL, c).stream().map(name -> Site.of(name).at(positions)).toList();
        Recorded values = Recorded.of(run, sites);
        Shape shape = Shape.of("batch", run.tokens().batch(), "pair", pairs.size(), "layer", sites.size());
        Tensor distance = Tensor.zeros(shape), cosine = Tensor.zeros(shape);
        for (int layer = 0; layer < sites.size(); layer++) {
            Tensor residual = values.get(sites.get(layer));   // [batch, pos, dModel]
            for (int i = 0; i < pairs.size(); i++) {
                Tensor a = residual.at("pos", positions.indexOf(pairs.get(i).a)),
                        b = residual.at("pos", positions.indexOf(pairs.get(i).b));
                distance.at("layer", layer).at("pair", i).assign(a.sub(b).norm("dModel"));
                cosine.at("layer", layer).at("pair", i)
                        .assign(a.mul(b).sum("dModel").div(a.norm("dModel").mul(b.norm("dModel"))));
            }
        }
        return new ResidualDistance(distance, cosine);
    }
}
