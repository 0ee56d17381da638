package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.tornado.kernels.Transfer;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Sends data to places inside the device's arrays. TornadoVM transfers only whole arrays, so data goes through staging
 * arrays: a small one for the few numbers of a decoding step, a large one for weights.
 */
final class Uploads {

    private static final int SMALL = 1 << 12, LARGE = 1 << 22;   // elements

    private final Device device;
    private final IntArray where = new IntArray(2);
    private final Map<Route, Way> ways = new HashMap<>();

    private record Route(TornadoNativeArray target, int size) {
        @Override public boolean equals(Object other) {
            return other instanceof Route(TornadoNativeArray t, int s) && t == target && s == size;
        }
        @Override public int hashCode() { return 31 * System.identityHashCode(target) + size; }
    }

    private record Way(TornadoNativeArray staging, Device.Graph graph) {}

    Uploads(Device device) { this.device = device; }

    void floats(FloatArray target, int at, MemorySegment values) { send(target, at, values); }

    void shorts(ShortArray target, int at, MemorySegment values) { send(target, at, values); }

    void bytes(ByteArray target, int at, MemorySegment values) { send(target, at, values); }

    void ints(IntArray target, int at, int[] values, int n) {
        send(target, at, MemorySegment.ofArray(values).asSlice(0, (long) n * Integer.BYTES));
    }

    private void send(TornadoNativeArray target, int at, MemorySegment values) {
        int width = target.getElementSize();
        long n = values.byteSize() / width;
        Way way = ways.computeIfAbsent(new Route(target, n <= SMALL ? SMALL : LARGE), this::way);
        for (long done = 0; done < n; done += way.staging().getSize()) {
            int count = (int) Math.min(way.staging().getSize(), n - done);
            device.settle();                                      // its last transfer may not have ended
            MemorySegment.copy(values, done * width, way.staging().getSegment(), 0, (long) count * width);
            where.set(0, (int) (at + done));
            where.set(1, count);
            device.execute(way.graph(), 0);
        }
        device.settle();
    }

    private Way way(Route route) {
        TaskGraph graph = device.newGraph();
        TornadoNativeArray staging = switch (route.target()) {
            case FloatArray target -> {
                FloatArray floats = new FloatArray(route.size());
                graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, where, floats).task("send", Transfer::floats,
                        device.context(), where, floats, target);
                yield floats;
            }
            case ShortArray target -> {
                ShortArray shorts = new ShortArray(route.size());
                graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, where, shorts).task("send", Transfer::shorts,
                        device.context(), where, shorts, target);
                yield shorts;
            }
            case ByteArray target -> {
                ByteArray bytes = new ByteArray(route.size());
                graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, where, bytes).task("send", Transfer::bytes,
                        device.context(), where, bytes, target);
                yield bytes;
            }
            case IntArray target -> {
                IntArray ints = new IntArray(route.size());
                graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, where, ints).task("send", Transfer::ints,
                        device.context(), where, ints, target);
                yield ints;
            }
            default -> throw new IllegalArgumentException(route.target().getClass().getName());
        };
        GridScheduler grids = new GridScheduler();
        grids.addWorkerGrid(Device.task("send"), device.tuning().grid());
        return new Way(staging, device.plan(grids, device.finished(graph)));
    }
}
