package org.tornadolens.training.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Makes random choices from a seed; all randomness of the corpus comes from here, so that a seed determines it. */
public final class Draw {
    private final SplittableRandom random;

    public Draw(long seed) { this.random = new SplittableRandom(seed); }

    /** Returns a uniform number from {@code low} to {@code high}, both inclusive. */
    public int between(int low, int high) {
        return random.nextInt(low, high + 1);
    }

    public boolean chance(double probability) { return random.nextDouble() < probability; }

    public <T> T from(List<T> choices) { return choices.get(random.nextInt(choices.size())); }

    /** Returns {@code count} different choices in random order. */
    public <T> List<T> some(int count, List<T> choices) {
        var pool = new ArrayList<>(choices);
        for (int i = 0; i < count; i++) {
            int other = between(i, pool.size() - 1);
            T chosen = pool.get(other);
            pool.set(other, pool.get(i));
            pool.set(i, chosen);
        }
        return List.copyOf(pool.subList(0, count));
    }

    public <T> List<T> shuffled(List<T> choices) { return some(choices.size(), choices); }
}
