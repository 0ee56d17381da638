package org.tornadolens.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Opens a PyTorch file of named tensors ({@code pytorch_model.bin}, {@code consolidated.00.pth}): a zip archive of a
 * pickle that describes them and of their storages, which are mapped in place.
 */
final class TorchFile {

    private static final long MAX_PICKLE_BYTES = 16 << 20;

    /** The first bytes of the zip archives of torch.save, and of the pickles that it wrote before version 1.6. */
    private static final List<String> STARTS = List.of("PK\3\4", "\u0080\2\u008a\nl\u00fc");

    private final Path path;
    private final StoredZip zip;
    private final String prefix;

    private TorchFile(Path path) {
        this.path = path;
        this.zip = StoredZip.open(path);
        List<String> pickles = zip.names().stream().filter(name -> name.endsWith("/data.pkl")).toList();
        if (pickles.size() != 1)
            throw new CheckpointException(path,
                    "has " + pickles.size() + " entries data.pkl where torch.save writes one");
        this.prefix = pickles.getFirst().substring(0, pickles.getFirst().length() - "data.pkl".length());
    }

    /** Returns every tensor by its name in the file. */
    static Map<String, StoredTensor> open(Path path) {
        return new TorchFile(path).tensors();
    }

    /** Whether a file begins as those of torch.save do. */
    static boolean isTorch(MappedFile file) {
        return STARTS.stream().anyMatch(start -> file.has(0, start));
    }

    private Map<String, StoredTensor> tensors() {
        refuseBigEndian();
        MemorySegment pickle = zip.data(prefix + "data.pkl");
        if (pickle.byteSize() > MAX_PICKLE_BYTES)
            throw new CheckpointException(path,
                    "its pickle has " + pickle.byteSize() + " bytes, more than the names of tensors take");
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Unpickler.tensors(new MappedFile(path, pickle)).forEach((name, view) -> tensors.put(name, tensor(name, view)));
        return tensors;
    }

    private void refuseBigEndian() {
        String name = prefix + "byteorder";
        if (zip.names().contains(name) && new MappedFile(path, zip.data(name)).has(0, "big")) {
            throw new CheckpointException(path, "is big-endian, which is not supported");
        }
    }

    private StoredTensor tensor(String name, Unpickler.TensorView view) {
        ElementType type = view.storage().type();
        MemorySegment storage = zip.data(prefix + "data/" + view.storage().key());
        long elements = 1, stride = 1;
        try {
            for (int axis = view.shape().size() - 1; axis >= 0; axis--) {
                long size = view.shape().get(axis);
                if (view.strides().size() != view.shape().size() || size > 1 && view.strides().get(axis) != stride) {
                    throw new CheckpointException(path, name,
                            "is a view with strides " + view.strides() + " of shape " + view.shape()
                                    + "; save it contiguous (tensor.contiguous())");
                }
                if (size < 0) throw new CheckpointException(path, name, "has the shape " + view.shape());
                stride = Math.multiplyExact(stride, size);
            }
            elements = stride;
            long begin = Math.multiplyExact(view.offset(), (long) type.bytes);
            long bytes = Math.multiplyExact(elements, (long) type.bytes);
            if (begin < 0 || begin > storage.byteSize() || bytes > storage.byteSize() - begin)
                throw outside(name, view, storage);
            return new StoredTensor(path, name, type.name(), view.shape(), storage.asSlice(begin, bytes));
        } catch (ArithmeticException _) {
            throw outside(name, view, storage);
        }
    }

    private CheckpointException outside(String name, Unpickler.TensorView view, MemorySegment storage) {
        return new CheckpointException(path, name,
                view.storage().type() + " " + view.shape() + " from element " + view.offset()
                        + " lies outside its storage of " + storage.byteSize() + " bytes");
    }
}
