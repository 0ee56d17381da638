package org.tornadolens.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Documents in another order, in bounded memory: some wait, and each time one of them is drawn and the next of the
 * files takes its place. A document so moves back by up to the number of those that wait and forward by any number;
 * files that are sorted stay so over longer distances.
 */
final class Shuffled {

    private static final long MOST_CHARACTERS = 1L << 26;    // that wait, so that long documents do not fill the memory

    private final Supplier<Optional<Document>> source;
    private final int among;
    private final SplittableRandom random;
    private final List<Document> waiting = new ArrayList<>();
    private long characters;
    private boolean ended;

    Shuffled(Supplier<Optional<Document>> source, int among, long seed) {
        this.source = source;
        this.among = among;
        this.random = new SplittableRandom(seed);
    }

    Optional<Document> next() {
        while (!ended && waiting.size() < among && (waiting.isEmpty() || characters < MOST_CHARACTERS)) {
            Optional<Document> next = source.get();
            ended = next.isEmpty();
            next.ifPresent(document -> {
                waiting.add(document);
                characters += document.text().length();
            });
        }
        if (waiting.isEmpty()) return Optional.empty();
        int at = random.nextInt(waiting.size());
        Document drawn = waiting.get(at);
        waiting.set(at, waiting.getLast());
        waiting.removeLast();
        characters -= drawn.text().length();
        return Optional.of(drawn);
    }
}
