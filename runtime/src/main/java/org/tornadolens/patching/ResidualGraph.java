package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.List;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Head;

/**
 * The writers and readers of the residual stream of a model: the nodes and possible edges of circuits.
 *
 * @param senders   in the order of their computation
 * @param receivers in the order of their computation; heads that share keys and values have one receiver for each,
 *                  named by the first of these heads
 */
record ResidualGraph(Configuration configuration, List<Sender> senders, List<Receiver> receivers) {

    static ResidualGraph of(Configuration c) {
        List<Sender> senders = new ArrayList<>(List.of(new Sender.Embedding()));
        List<Receiver> receivers = new ArrayList<>();
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (int head = 0; head < c.nHeads(); head++) senders.add(new Sender.Head(new Head(layer, head)));
            senders.add(new Sender.Mlp(layer));
            for (Receiver.Kind kind : Receiver.Kind.values()) receivers.addAll(inputs(c, layer, kind));
            receivers.add(new Receiver.Mlp(layer));
        }
        receivers.add(new Receiver.Logits(c.nLayers()));
        return new ResidualGraph(c, List.copyOf(senders), List.copyOf(receivers));
    }

    private static List<Receiver> inputs(Configuration c, int layer, Receiver.Kind kind) {
        int step = kind.point().ofKvHeads() ? c.headsPerKv() : 1;
        List<Receiver> inputs = new ArrayList<>();
        for (int head = 0; head < c.nHeads(); head += step) inputs.add(new Receiver.Input(new Head(layer, head), kind));
        return inputs;
    }

    /** Returns the queries, keys or values of a layer, one receiver for each head of that kind. */
    List<Receiver> inputs(int layer, Receiver.Kind kind) {
        return inputs(configuration, layer, kind);
    }

    /** Returns the senders that a receiver can read. */
    List<Sender> before(Receiver receiver) {
        return senders.stream().filter(sender -> sender.order() < receiver.order()).toList();
    }

    /** Returns the inputs of a head (its queries, its group's keys and values) or MLP; none for the embedding. */
    List<Receiver> inputs(Sender sender) {
        return switch (sender) {
            case Sender.Embedding _ -> List.of();
            case Sender.Mlp(int layer) -> List.of(new Receiver.Mlp(layer));
            case Sender.Head(Head head) -> {
                int shared = configuration.headsPerKv();
                Head first = new Head(head.layer(), head.head() / shared * shared);
                yield List.of(new Receiver.Input(head, Receiver.Kind.Q), new Receiver.Input(first, Receiver.Kind.K),
                        new Receiver.Input(first, Receiver.Kind.V));
            }
        };
    }
}
