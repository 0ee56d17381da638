package org.tornadolens.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.checkpoint.SafetensorsWriter;
import org.tornadolens.files.Facts;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * The state of a training in one safetensors file: weights, AdamW's running averages and the losses so far. It names
 * what the training depends on, without which the state is not valid, and carries a checksum of everything.
 *
 * @param basis what the training depends on, such as {@code "options [...]"}; the first word is a name for messages
 * @param first the digest of the data of the first step
 * @param last  the digest of the data of the last step that was taken
 */
record TrainingState(List<String> basis, String first, String last, List<Float> losses) {

    private static final String BASIS = "basis", FIRST = "data of the first step", LAST = "data of the last step",
            CHECKSUM = "sha256", LOSSES = "losses";

    TrainingState {
        basis = basis.stream().map(fact -> fact.replace('\n', ' ')).toList();
        losses = List.copyOf(losses);
    }

    /** Writes the state with the parameters as they are now, and the folder if it does not exist. */
    void write(Path file, Trainable trainable) {
        SafetensorsWriter writer = new SafetensorsWriter();
        Digest digest = new Digest();
        metadata().forEach((name, text) -> {
            writer.metadata(name, text);
            digest.text(text);
        });
        trainable.state().forEach((name, memory) -> {
            writer.add(name, Tensor.over(Shape.of("parameter", Math.toIntExact(trainable.size())), memory));
            digest.memory(memory);
        });
        Tensor all = losses(losses);
        digest.memory(all.data());
        try {
            if (file.getParent() != null) Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be written", e);
        }
        writer.add(LOSSES, all).metadata(CHECKSUM, digest.hex()).write(file);
    }

    private Map<String, String> metadata() {
        return new TreeMap<>(Map.of(BASIS, String.join("\n", basis), FIRST, first, LAST, last));
    }

    /**
     * Restores the parameters from a file, if there is one.
     *
     * @throws UsageException      if the training depends on something that has changed
     * @throws CheckpointException if the file is damaged
     */
    static Optional<TrainingState> read(Path file, List<String> basis, Trainable trainable) {
        if (!Files.exists(file)) return Optional.empty();
        Safetensors stored = Safetensors.open(file);
        Map<String, String> metadata = stored.metadata();
        Digest digest = new Digest();
        for (String name : List.of(BASIS, FIRST, LAST)) digest.text(metadata.getOrDefault(name, ""));
        List<Tensor> tensors = new ArrayList<>();
        for (String name : trainable.state().keySet()) tensors.add(stored.tensor(name));
        tensors.add(stored.tensor(LOSSES));
        tensors.forEach(tensor -> digest.memory(tensor.data()));
        if (!digest.hex().equals(metadata.get(CHECKSUM)))
            throw new CheckpointException(file,
                    "is damaged: its checksum does not match; start the training again, without --resume");
        List<String> was = List.of(metadata.get(BASIS).split("\n"));
        List<Float> losses = new ArrayList<>();
        for (float loss : tensors.removeLast().data().toArray(ValueLayout.JAVA_FLOAT)) losses.add(loss);
        TrainingState state = new TrainingState(was, metadata.get(FIRST), metadata.get(LAST), losses);
        List<String> now = new TrainingState(basis, "", "", List.of()).basis();
        if (!was.equals(now)) throw changed(Facts.changed(was, now));
        int next = 0;
        for (MemorySegment memory : trainable.state().values()) memory.copyFrom(tensors.get(next++).data());
        return Optional.of(state);
    }

    static UsageException changed(String what) {
        return new UsageException("cannot resume the training: " + what
                + " has changed since it was stopped; start it again, without --resume");
    }

    private static Tensor losses(List<Float> losses) {
        float[] all = new float[losses.size()];
        for (int i = 0; i < all.length; i++) all[i] = losses.get(i);
        return Tensor.of(Shape.of("step", all.length), all);
    }
}
