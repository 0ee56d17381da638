package org.tornadolens.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.TokenizerSource;

/** Makes models of well-known shapes with random weights, for benchmarks. */
public final class RandomModel {

    private RandomModel() {}

    /** 768 wide, 12 layers, 12 heads, tied: the shape of llama2.c's stories110M. */
    public static Configuration shape110M() {
        return shape(12, 12, 12, 768, 64, 2048, 1024, true);
    }

    /** Llama-2-7B. */
    public static Configuration shape7B() { return shape(32, 32, 32, 4096, 128, 11008, 4096, false); }

    private static Configuration shape(int layers, int heads, int kvHeads, int dModel, int dHead, int dMlp, int nCtx,
            boolean tied) {
        return Configuration.llama(new Configuration.Blocks(layers, dModel, dMlp, 1e-5),
                new Configuration.Heads(heads, kvHeads, dHead), Configuration.Context.of(nCtx, 10_000),
                new Configuration.Vocabulary(32_000, tied, OptionalInt.of(1), OptionalInt.of(2)));
    }

    /** Returns uniform weights of variance 1/columns; the same seed gives the same weights. */
    public static Checkpoint of(Configuration configuration, DType type, long seed) {
        Map<String, Weight> weights = new LinkedHashMap<>();
        for (Parameter parameter : new Parameters(configuration).all()) {
            Weight weight = random(parameter, seed + weights.size());
            weights.put(parameter.name(),
                    weight.rows() == 1 || type == DType.F32 ? weight : Conversion.convert(weight, type));
        }
        return new Checkpoint(Path.of("random"), "random " + type, configuration, new Weights(weights),
                new TokenizerSource.None("random weights have no tokenizer"));
    }

    private static Weight random(Parameter p, long seed) {
        MemorySegment data = Arena.ofAuto().allocate((long) p.rows() * p.columns() * Float.BYTES, 64);
        double bound = p.rows() == 1 ? 0 : Math.sqrt(3.0 / p.columns());
        IntStream.range(0, p.rows()).parallel().forEach(row -> {
            SplittableRandom random = new SplittableRandom(seed * 1_000_003 + row);
            for (long column = 0; column < p.columns(); column++) {
                float value = bound == 0 ? 1 : (float) ((2 * random.nextDouble() - 1) * bound);
                data.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * p.columns() + column, value);
            }
        });
        return new Weight(p.name(), DType.F32, p.rows(), p.columns(), data);
    }
}
